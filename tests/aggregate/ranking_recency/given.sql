-- Bo and Cleo, τ = 100 days, m = 1. Their newest dated viewing with a rating is of 2022-04-11 (film 1, Cleo's, whose stars stand in her
-- ratings). Film 1: 100 days older (w = 1/e), and of the day itself (w = 1). Film 2: 4 stars in a month, so its 15th: 2021-12-15, 117
-- days. Film 3: only the day of a rating, film 4: a year, film 5: dated but not rated, film 6: years ahead of us: not counted.
-- Two files tell of Bo's viewing of film 1, one of them only its month: it is one viewing.
-- C = (3 + 5 + 4 + 2) / 4 = 3.5.
insert into films (film_id, media_type, followed, created_at, updated_at) values
  (1, 'movie', 1, '', ''), (2, 'movie', 1, '', ''), (3, 'movie', 1, '', ''), (4, 'movie', 1, '', ''), (5, 'movie', 1, '', ''),
  (6, 'movie', 1, '', ''), (7, 'tv', 0, '', '');
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo'), (3, 'Cleo');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026');
insert into cohort_members (cohort_id, user_id) values (5, 2), (5, 3);
insert into ratings (user_id, film_id, rating) values (2, 1, 3), (3, 1, 5), (2, 2, 4), (2, 3, 2);
insert into watches (user_id, film_id, watched_on, precision, rewatch, rating) values
  (2, 1, '2022-01-01', 'exact', 0, 3), (3, 1, '2022-04-11', 'exact', 0, null), (2, 2, '2021-12', 'month', 0, 4),
  (2, 3, '2022-04-01', 'rated', 0, 2), (3, 4, '2022', 'year', 0, null), (3, 5, '2022-05-01', 'exact', 0, null),
  (2, 6, '2062-01-01', 'exact', 0, 5), (2, 7, '2022-04-11', 'exact', 0, 5),
  (2, 1, '2022-01-01', 'exact', 0, null), (2, 1, '2022-01', 'month', 0, 1);
