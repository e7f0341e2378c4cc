-- Series: median of the returns 1 and 4 = 2.5. Others: of -0.5, 0 and 9 it is 0.
create table kpi_films (
  film_id integer primary key, title text, release_year integer, collection text, budget_musd real, revenue_musd real,
  profit_musd real, roi real, rating real, votes integer not null, popularity real
);
insert into kpi_films values
  (1, 'F1', 1999, 'F', 50, 100, 50, 1, 6, 10, 10),
  (2, 'F2', 2000, 'F', null, 300, null, null, 8, 10, 20),
  (3, 'G1', 2001, 'G', 40, 200, 160, 4, null, 0, null),
  (4, 'S1', 2002, null, 10, 5, -5, -0.5, 5, 10, 1),
  (5, 'S2', 2003, null, 10, 100, 90, 9, 8, 10, 3),
  (6, 'S3', 2003, null, 10, 10, 0, 0, 5, 10, 2);
insert into films (film_id, imdb_id, created_at, updated_at) values (1, 'tt0000001', '2026', '2026');
insert into film_facts (film_id, source, collection, budget_usd, revenue_usd, popularity)
values (1, 'tmdb', 'Alpha Collection', 10000000, 30000000, 5.0);  -- what the file needs
