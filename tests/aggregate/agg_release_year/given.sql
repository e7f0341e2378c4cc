-- 1999: an even number of budgets, what is unknown left out of each figure. 2000: an odd number. 2001: nothing is known.
-- The film without a year is nowhere.
create table kpi_films (
  film_id integer primary key, title text, release_year integer, collection text, budget_musd real, revenue_musd real,
  profit_musd real, roi real, rating real, votes integer not null, popularity real
);
insert into kpi_films values
  (1, 'A', 1999, null, 10, 30, 20, 2, 7, 10, 1),
  (2, 'B', 1999, null, 20, null, null, null, null, 0, 1),
  (3, 'C', 1999, null, null, 5, null, null, 8, 10, 1),
  (4, 'D', 2000, null, 9, 9, 0, 0, 5, 10, 1),
  (5, 'E', 2000, null, 1, 2, 1, 1, 6, 10, 1),
  (6, 'F', 2000, null, 2, 6, 4, 2, 10, 10, 1),
  (7, 'G', 2001, null, null, null, null, null, null, 0, null),
  (8, 'H', null, null, 100, 300, 200, 2, 7, 10, 1);
