-- 1: TMDb is believed about genres with its whole list, in its order; OMDb about countries, where TMDb says nothing.
--    A gone plug-in is heard about languages, since nobody else names any. Keywords have no order.
-- 2: the dataset alone names genres.
insert into films (film_id, imdb_id, created_at, updated_at) values
  (1, 'tt0000001', '2026', '2026'), (2, 'tt0000002', '2026', '2026');
insert into film_genres (film_id, source, genre, position) values
  (1, 'tmdb', 'Science Fiction', 1), (1, 'tmdb', 'Action', 0),
  (1, 'imdb_datasets', 'Sci-Fi', 1), (1, 'imdb_datasets', 'Drama', 0), (1, 'omdb', 'Action', 0),
  (2, 'imdb_datasets', 'Short', 0);
insert into film_countries (film_id, source, country, name, position) values (1, 'omdb', 'United States', null, 0);
insert into film_languages (film_id, source, language, name, position) values (1, 'attic', 'en', 'English', null);
insert into film_keywords (film_id, source, keyword) values (1, 'imdb', 'phone'), (1, 'tmdb', 'rabbit'), (1, 'tmdb', 'pill');
insert into film_companies (film_id, source, company, country, position) values (1, 'tmdb', 'Village Roadshow', 'AU', 0);
