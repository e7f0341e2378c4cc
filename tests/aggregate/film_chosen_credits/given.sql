-- 1: directors by TMDb, writers by the dataset, as the precedence has it; one actor in two parts; a composer by TMDb.
-- 2: TMDb names no director, the dataset does; its composer too, for the directors' order holds for the other jobs, not
--    the actors', in which IMDb's pages would come first.
insert into films (film_id, imdb_id, created_at, updated_at) values
  (1, 'tt0000001', '2026', '2026'), (2, 'tt0000002', '2026', '2026');
insert into people (person_id, name) values
  ('tmdb:1', 'Lana'), ('tmdb:2', 'Lilly'), ('tmdb:3', 'Keanu'), ('tmdb:4', 'Don'),
  ('imdb:nm1', 'L. Wachowski'), ('imdb:nm4', 'Don Davis');
insert into credits (film_id, source, person_id, job, character, billing) values
  (1, 'tmdb', 'tmdb:2', 'director', '', 1), (1, 'tmdb', 'tmdb:1', 'director', '', 0),
  (1, 'imdb_datasets', 'imdb:nm1', 'director', '', 0),
  (1, 'tmdb', 'tmdb:1', 'writer', '', 0), (1, 'imdb_datasets', 'imdb:nm1', 'writer', '', 0),
  (1, 'tmdb', 'tmdb:3', 'actor', 'Neo', 0), (1, 'tmdb', 'tmdb:3', 'actor', 'Anderson', null),
  (1, 'tmdb', 'tmdb:4', 'composer', '', 0), (1, 'imdb_datasets', 'imdb:nm4', 'composer', '', 0),
  (2, 'imdb_datasets', 'imdb:nm1', 'director', '', 0), (2, 'tmdb', 'tmdb:3', 'actor', '', 0),
  (2, 'imdb_datasets', 'imdb:nm4', 'composer', '', 3), (2, 'imdb', 'imdb:nm1', 'composer', '', 0);
