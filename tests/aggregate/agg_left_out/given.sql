-- The first person saw film 1 in 2019 and on a day in 2020, film 2 in a month, and has a day of rating of film 2, of which
-- nothing is known but its rating at IMDb; film 3 was rated and belongs to no genre. The second person rated film 1 no more.
insert into users values (1, 'ann'), (2, 'ben');
insert into films (film_id, created_at, updated_at) values (1, '', ''), (2, '', ''), (3, '', '');
insert into film_genres values (1, 'tmdb', 'Drama', 0);
insert into film_countries values (1, 'tmdb', 'US', null, 0);
insert into people (person_id, name) values ('tmdb:1', 'Ann');
insert into credits (film_id, source, person_id, job) values
  (1, 'omdb', 'tmdb:1', 'writer'), (2, 'tmdb', 'tmdb:1', 'producer'), (3, 'tmdb', 'tmdb:1', 'actor');
insert into ratings (user_id, film_id, rating) values (1, 1, 4), (1, 3, 4);
create table film_details (film_id, decade, runtime_minutes, original_language, rating);
insert into film_details values (1, 1990, 90, 'en', 7), (2, null, 0, null, 6), (3, 1990, 90, 'en', 5);
create table seen_films (user_id, film_id, rating);
insert into seen_films values (1, 1, 4), (1, 2, null), (1, 3, 4), (2, 1, null);
create table agg_dates_told (user_id, dates, film_id, told_id, told_on, precision, rating, left_out);
insert into agg_dates_told values
  (1, 'viewing', 1, 1, '2019', 'year', null, null),
  (1, 'viewing', 1, 2, '2020-02-01', 'exact', null, null),
  (1, 'viewing', 2, 3, '2020-02', 'month', null, null),
  (1, 'viewing', 2, 4, '2020-02-05', 'rated', 3, 'day of rating, not of viewing'),
  (2, 'rated', 1, 0, '2020-01-01', 'exact', null, null);
