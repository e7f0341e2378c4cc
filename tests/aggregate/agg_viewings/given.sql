-- 29 February 2020 was a Saturday, Julian day 2458909; 28 February 1900 a Wednesday, 2415079; 1 March 1900 a Thursday.
-- Within a day the order is that of the file.

insert into users values (1, 'ann'), (2, 'ben'), (3, 'one of hundreds');
insert into cohorts values (1, 'hundreds', '2020-01-01');
insert into cohort_members (cohort_id, user_id) values (1, 3);
insert into films (film_id, media_type, followed, created_at, updated_at) values
  (1, 'movie', 1, '', ''), (2, null, 1, '', ''), (3, 'movie', 0, '', ''), (4, 'tv', 1, '', ''), (5, 'tv', 0, '', ''),
  (6, 'movie', 1, '', '');
insert into watches (watch_id, user_id, film_id, watched_on, precision, rewatch, rating) values
  (1, 1, 1, '2019', 'year', 0, null),
  (2, 1, 1, '2020-02', 'month', 0, null),       -- told by the day too
  (3, 1, 1, '2020-02-01', 'exact', 0, 3),
  (4, 1, 1, '2020-02-01', 'exact', 1, null),    -- the same viewing, called a rewatch in another file
  (5, 1, 2, '2020-01-31', 'rated', 0, 4),
  (6, 1, 3, null, 'unknown', 0, null),
  (7, 1, 5, '2020-03-01', 'exact', 0, null),    -- a series that is not followed
  (8, 1, 4, 'May 2020', 'exact', 0, null),      -- no date
  (9, 1, 4, '2020-02-03', 'exact', 0, null),    -- a series that is
  (10, 2, 1, '2019-05', 'rated', 0, 4),
  (11, 3, 1, '2020-01-01', 'exact', 0, 1),
  (12, 1, 6, '2018', 'year', 0, null),
  (13, 1, 6, '2018-07', 'month', 0, null);
insert into ratings (user_id, film_id, rating, rated_at, liked) values
  (1, 1, 3.5, '2020-02-02T10:00:00Z', 0),
  (1, 2, 4, '2020-01-31', 0),
  (1, 3, 5, null, 0),
  (1, 6, null, null, 1),                        -- liked, not rated
  (2, 1, 4, '2019-05', 0),
  (3, 1, 0.5, '2020-01-01', 0);

insert into imports values (1, 2, '', '', '', '', 0, 0, 0, 0, 0, '');
insert into import_entries (entry_id, user_id, kind, entry_key, film_id, precision, first_import_id, last_import_id)
values (1, 2, '', 'a', 1, 'exact', 1, 1), (2, 2, '', 'b', 1, 'exact', 1, 1);
insert into watches (watch_id, user_id, film_id, watched_on, precision, rewatch, rating, entry_id) values
  (20, 2, 2, '2020-02-29', 'exact', 0, null, 2),
  (21, 2, 6, '2020-02-29', 'exact', 0, null, 1),
  (22, 2, 2, '1900-02-28', 'exact', 0, null, null),
  (23, 2, 2, '1900-03-01', 'exact', 0, null, null);
