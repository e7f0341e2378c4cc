-- V, X and Y took the same: Y has more votes, V and X have as many. Of Z no revenue is known.
create table kpi_films (
  film_id integer primary key, title text, release_year integer, collection text, budget_musd real, revenue_musd real,
  profit_musd real, roi real, rating real, votes integer not null, popularity real
);
insert into kpi_films values
  (1, 'X1', 1999, 'X', 50, 100, 50, 1, 6, 5, 10),
  (2, 'X2', 2000, 'X', 20, null, null, null, 8, 6, 20),
  (3, 'Y1', 2001, 'Y', null, 100, null, null, null, 20, null),
  (4, 'V1', 2002, 'V', 25, 40, 15, 0.6, 5, 5, 1),
  (5, 'V2', 2003, 'V', 75, 60, -15, -0.2, 6, 6, 2),
  (6, 'Z1', 2003, 'Z', 10, null, null, null, 5, 90, 2),
  (7, 'Alone', 2003, null, 10, 900, 890, 89, 5, 90, 2);
insert into films (film_id, imdb_id, created_at, updated_at) values (1, 'tt0000001', '2026', '2026');
insert into film_facts (film_id, source, collection, budget_usd, revenue_usd, popularity)
values (1, 'tmdb', 'Alpha Collection', 10000000, 30000000, 5.0);  -- what the file needs
