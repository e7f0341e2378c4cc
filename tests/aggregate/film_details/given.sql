-- 1: known all round. profit = (450 - 60) million; roi = 390 / 60 = 6.5. Lists in the source's order, not the alphabet's.
-- 2: its revenue is not known, so neither are profit and roi; the year comes out of the date; 2000 begins a decade.
-- 3: only the person's own file knows it, and it is followed: it needs enrichment.
-- 4: the same, but not followed: nobody asks about it.
-- 5: a game of which not even a title is known, but genres: it needs enrichment, and something is said all the same.
-- 6: nothing is said at all.
-- 7: its budget is told as 0, which is unknown: no profit either, however much it took.
insert into films (film_id, media_type, title, release_year, imdb_id, tmdb_id, followed, created_at, updated_at) values
  (1, 'movie', 'Matrix', 1998, 'tt0133093', 603, 1, '2026', '2026'),
  (2, 'movie', 'Second', null, 'tt0000002', null, 1, '2026', '2026'),
  (3, 'movie', 'Third', 1969, 'tt0000003', null, 1, '2026', '2026'),
  (4, 'tv', 'Fourth', 1970, 'tt0000004', null, 0, '2026', '2026'),
  (5, 'game', null, null, 'tt0000005', null, 1, '2026', '2026'),
  (6, null, null, null, 'tt0000006', null, 0, '2026', '2026'),
  (7, 'movie', 'Seventh', 1936, 'tt0000007', null, 1, '2026', '2026');
insert into film_facts (
  film_id, source, title, original_title, release_date, release_year, runtime_minutes, status, certificate, overview,
  tagline, original_language, collection, budget_usd, revenue_usd, popularity, awards_won, award_nominations, poster_url
) values
  (1, 'tmdb', 'The Matrix', 'The Matrix', '1999-03-31', 1999, 136, 'Released', 'R', 'A hacker.', 'Free your mind.',
   'en', 'The Matrix Collection', 60000000, 450000000, 45.25, null, null, 'https://t/1.jpg'),
  (1, 'omdb', 'Matrix', null, null, 1999, 135, null, '18', 'Other.', null, null, null, null, null, null, 42, 52, null),
  (2, 'tmdb', null, null, '2000-01-01', null, null, 'Rumored', null, null, null, null, null, 1500000, null, null, null,
   null, null),
  (7, 'tmdb', 'Seventh', null, null, null, null, null, null, null, null, null, null, 0, 8500000, null, null, null, null);
insert into scores (film_id, source, system, value, scale, votes) values
  (1, 'imdb_datasets', 'imdb', 8.7, 10, 2100000), (1, 'tmdb', 'tmdb', 8.2, 10, 26000),
  (1, 'omdb', 'metacritic', 73, 100, null), (1, 'omdb', 'rotten_tomatoes', 83, 100, null);
insert into film_genres (film_id, source, genre, position) values
  (1, 'tmdb', 'Science Fiction', 0), (1, 'tmdb', 'Action', 1), (5, 'imdb_datasets', 'Horror', 0);
insert into film_countries (film_id, source, country, position) values (1, 'tmdb', 'US', 0), (1, 'tmdb', 'AU', 1);
insert into film_languages (film_id, source, language, position) values (1, 'omdb', 'English', 0);
insert into people (person_id, name) values ('tmdb:1', 'Lana'), ('tmdb:2', 'Lilly'), ('tmdb:3', 'Andy');
insert into credits (film_id, source, person_id, job, billing) values
  (1, 'tmdb', 'tmdb:2', 'director', 0), (1, 'tmdb', 'tmdb:1', 'director', 1), (1, 'tmdb', 'tmdb:3', 'writer', 0);
