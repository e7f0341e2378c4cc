-- Film 1 is told twice; film 2 has stars from now; a series counts only if it is followed; film 5 has no kind yet.
create table agg_dates_told (user_id, dates, film_id, told_id, rating, left_out);
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo');
insert into films (film_id, media_type, title, followed, created_at, updated_at) values
  (1, 'movie', 'Cléo', 1, '', ''), (2, 'movie', 'Alien', 0, '', ''), (3, 'tv', 'Twin Peaks', 0, '', ''),
  (4, 'tv', 'The Wire', 1, '', ''), (5, null, 'New', 0, '', '');
insert into agg_dates_told values
  (1, 'viewing', 1, 1, 5, null), (1, 'rated', 1, 0, 5, null), (1, 'rated', 2, 0, 2, 'no day of a rating'),
  (1, 'rated', 3, 0, 4, 'no film, and not followed'), (1, 'rated', 4, 0, null, null), (1, 'rated', 5, 0, null, null),
  (2, 'rated', 1, 0, null, null);
insert into ratings (user_id, film_id, rating) values (1, 1, 4.5), (1, 2, 2), (1, 4, null), (2, 2, 3);
