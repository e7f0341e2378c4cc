-- A viewing that is still to come is a slip of the pen, and counts for nothing.
insert into films (film_id, media_type, followed, created_at, updated_at) values (1, 'movie', 1, '', '');
insert into users (user_id, name) values (1, 'Ann');
insert into watches (watch_id, user_id, film_id, watched_on, precision) values
  (1, 1, 1, '2999-01-01', 'exact'), (2, 1, 1, '2020-01-01', 'exact');
