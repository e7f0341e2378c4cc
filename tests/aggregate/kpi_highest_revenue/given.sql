-- 1 and 2 have the same return, 2 and 3 the same budget, popularity and votes, 2 and 4 the same revenue. The budget of
-- 1 is just enough for a return that is worth showing, that of 5 is not. 4 has one vote too few for a rating, 6 just enough.
create table kpi_films (
  film_id integer primary key, title text, release_year integer, collection text, budget_musd real, revenue_musd real,
  profit_musd real, roi real, rating real, votes integer not null, popularity real
);
insert into kpi_films values
  (1, 'Alpha', 1999, null, 10, 30, 20, 2, 7.5, 100, 5),
  (2, 'Beta', 2000, null, 20, 60, 40, 2, 7.5, 200, 9.5),
  (3, 'Gamma', 2001, null, 20, 20, 0, 0, 6, 200, 9.5),
  (4, 'Delta', 2002, null, null, 60, null, null, 8, 9, null),
  (5, 'Epsilon', 2003, null, 9.99, 99.9, 89.91, 9, null, 0, 1.25),
  (6, 'Zeta', null, null, null, null, null, null, 7.5, 10, 2.5);
insert into films (film_id, imdb_id, created_at, updated_at) values (1, 'tt0000001', '2026', '2026');
insert into film_facts (film_id, source, collection, budget_usd, revenue_usd, popularity)
values (1, 'tmdb', 'Alpha Collection', 10000000, 30000000, 5.0);  -- what the file needs
insert into scores (film_id, source, system, value, scale, votes) values (1, 'tmdb', 'tmdb', 7.5, 10, 100);
