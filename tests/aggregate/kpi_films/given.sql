-- 1 came out; 2 is a rumour; of 3 nobody tells the status. The rating is TMDb's, not IMDb's.
insert into films (film_id, imdb_id, created_at, updated_at) values
  (1, 'tt0000001', '2026', '2026'), (2, 'tt0000002', '2026', '2026'), (3, 'tt0000003', '2026', '2026');
insert into film_facts
  (film_id, source, title, release_year, status, budget_usd, revenue_usd, popularity, collection)
values
  (1, 'tmdb', 'Alpha', 1999, 'Released', 10000000, 30000000, 5.5, 'Alpha Collection'),
  (2, 'tmdb', 'Beta', 2030, 'Rumored', 90000000, null, 1.5, null),
  (3, 'imdb_datasets', 'Gamma', 1950, null, null, null, null, null);
insert into scores (film_id, source, system, value, scale, votes) values
  (1, 'tmdb', 'tmdb', 7.5, 10, 100), (1, 'imdb_datasets', 'imdb', 8.5, 10, 9000),
  (3, 'imdb_datasets', 'imdb', 6.5, 10, 500);
