-- A file of ratings knows only the year in which the film was rated, another the day.
insert into films (film_id, media_type, followed, created_at, updated_at) values (1, 'movie', 1, '', '');
insert into users (user_id, name) values (1, 'Ann');
insert into ratings (user_id, film_id, rating, rated_at) values (1, 1, 4, '2020');
insert into watches (watch_id, user_id, film_id, watched_on, precision) values (1, 1, 1, '2020-03-05', 'rated');
