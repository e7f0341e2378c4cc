-- Bo and Cleo are a cohort, Ann is alone. Film 1: rated by all three. Film 2: Bo has seen it twice without rating it, Cleo
-- liked it (seen, not rated). Film 3 is a series that nobody follows. Film 4 is a followed one.
insert into films (film_id, media_type, followed, created_at, updated_at) values
  (1, 'movie', 1, '', ''), (2, null, 1, '', ''), (3, 'tv', 0, '', ''), (4, 'tv', 1, '', ''), (5, 'movie', 0, '', '');
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo'), (3, 'Cleo');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026');
insert into cohort_members (cohort_id, user_id) values (5, 2), (5, 3);
insert into ratings (user_id, film_id, rating, rated_at, liked) values
  (1, 1, 5, '2020-01-01', 0), (2, 1, 3.5, '2021-05-05', 0), (3, 1, 3, null, 0),
  (3, 2, null, null, 1), (2, 3, 4, '2021-01-01', 0), (2, 4, 0.5, '2019-01-01', 0), (3, 4, 4.5, '2022-02-02', 1);
insert into watches (user_id, film_id, watched_on, precision, rewatch, rating) values
  (2, 2, '2021-01-01', 'exact', 0, null), (2, 2, '2022-01-01', 'exact', 1, null),
  (2, 1, '2021-05-05', 'rated', 0, 3.5), (3, 1, null, 'unknown', 0, null), (1, 2, '2020', 'year', 0, null);
-- Public votes: IMDb's before TMDb's, the dataset's before OMDb's; TMDb's where there are no others; none is none.
insert into scores (film_id, source, system, value, scale, votes) values
  (1, 'tmdb', 'tmdb', 7.5, 10, 50), (1, 'omdb', 'imdb', 8.0, 10, 900), (1, 'imdb_datasets', 'imdb', 8.2, 10, 1000),
  (2, 'tmdb', 'tmdb', 6.5, 10, 20), (4, 'omdb', 'imdb', 5.0, 10, null), (4, 'tmdb', 'tmdb', 0, 10, 0),
  (3, 'tmdb', 'tmdb', 9.0, 10, 70), (5, 'elsewhere', 'imdb', 70.0, 100, 30), (5, 'omdb', 'metacritic', 80, 100, 12);
