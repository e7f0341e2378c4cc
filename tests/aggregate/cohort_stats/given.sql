-- Group 5 rated two films (means 3 and 4, three ratings), and saw a third; group 7 rated nothing. Of five films, four count.
insert into films (film_id, media_type, followed, created_at, updated_at) values
  (1, 'movie', 1, '', ''), (2, null, 1, '', ''), (3, 'tv', 0, '', ''), (4, 'tv', 1, '', ''), (5, 'movie', 0, '', '');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026'), (7, 'nobody', '2026');
create table cohort_film_stats (cohort_id, film_id, watchers, ratings, rating_sum, avg_rating);
insert into cohort_film_stats values
  (0, 1, 100, 100, 800.0, 8.0), (5, 1, 2, 2, 6.0, 3.0), (5, 2, 1, 1, 4.0, 4.0), (5, 4, 1, 0, 0, null);
