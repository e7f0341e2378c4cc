-- 1: three sources; of title TMDb is believed, of runtime the dataset, of poster OMDb, since TMDb has none and an empty
--    text says nothing. A budget of 0 is unknown. A source that nobody named comes after all that were named.
-- 2: nobody but the person's own file knows it; an empty title says nothing.
-- 3: nothing at all is known.
insert into films (film_id, title, original_title, release_year, imdb_id, created_at, updated_at) values
  (1, 'In the file', null, 1998, 'tt0000001', '2026', '2026'),
  (2, 'Only in the file', '', 2001, 'tt0000002', '2026', '2026'),
  (3, null, null, null, 'tt0000003', '2026', '2026');
insert into film_facts
  (film_id, source, title, runtime_minutes, release_year, poster_url, budget_usd, revenue_usd, popularity, tagline)
values
  (1, 'tmdb', 'By TMDb', 136, null, '', 0, 463517383, 45.25, null),
  (1, 'imdb_datasets', 'By the dataset', 135, 1999, null, null, null, null, null),
  (1, 'omdb', 'By OMDb', 134, 1997, 'https://o/1.jpg', null, null, null, null),
  (1, 'attic', 'By a plug-in that is gone', 99, 1990, 'https://a/1.jpg', 7, 8, 1.5, 'Follow the rabbit');
insert into scores (film_id, source, system, value, scale, votes) values
  (1, 'omdb', 'imdb', 8.6, 10, 2000000),
  (1, 'imdb_datasets', 'imdb', 8.7, 10, 2100000),
  (1, 'tmdb', 'tmdb', 8.2, 10, null),
  (1, 'omdb', 'metacritic', 73, 100, null);
