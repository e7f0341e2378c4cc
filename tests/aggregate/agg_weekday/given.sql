-- Dates of viewings and days of ratings; a year and a month without a day; three ways of a rewatch; an unknown film.

create table agg_viewings (
  user_id, dates, film_id, watched_on, precision, year, month, day_number, weekday, known_viewing, told_rewatch, rewatch,
  rating, place
);
insert into agg_viewings values
  (1, 'viewing', 1, '2019', 'year', 2019, null, null, null, 1, 0, 0, null, 1),
  (1, 'viewing', 2, '2020-01', 'month', 2020, 1, null, null, 1, 0, 0, 4, 2),
  (1, 'viewing', 1, '2020-01-31', 'exact', 2020, 1, 2458880, 5, 2, 0, 1, 3, 3),     -- seen in 2019 too, and not marked
  (1, 'viewing', 3, '2020-02-01', 'exact', 2020, 2, 2458881, 6, 1, 1, 1, 5, 4),     -- marked, and the first in the data
  (1, 'viewing', 2, '2020-02-01', 'exact', 2020, 2, 2458881, 6, 2, 1, 1, null, 5),  -- marked, and seen in January too
  (1, 'viewing', 4, '2020-02-03', 'exact', 2020, 2, 2458883, 1, 1, 0, 0, 2, 6),     -- of this film nothing is known
  (1, 'rated', 1, '2020-02-02', 'exact', 2020, 2, 2458882, 7, 1, 0, null, 3, 1),    -- the same person's day of rating
  (2, 'rated', 3, '2020-12-31', 'exact', 2020, 12, 2459215, 4, 1, 0, null, 4.5, 1);

create table film_details (film_id, title, release_year, decade, runtime_minutes, original_language, rating);
insert into film_details values
  (1, 'One', 1999, 1990, 100, 'en', 7.0),
  (2, 'Two', 2000, 2000, 40, 'fr', 6.5),
  (3, 'Three', 2019, 2010, 180, 'en', null),
  (4, 'Four', null, null, null, null, 8.0);
