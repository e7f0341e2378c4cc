-- Group 5, m = 5: C = 22 / 6 of all ratings. Films 1 and 2 tie in score and votes; film 3 was seen, not rated.
-- Group 7, m = 0: its means stay as they are, of films 1 and 3 the one with more votes comes first; C is the mean of its films'
-- means.
-- The world asks for the upper quarter by votes: of 10, 20, 30, 40 and two films without a vote, in order 0 0 10 20 30 40, the
-- place wanted is 0.75 · 5 = 3.75, so m = 20 + 0.75 · (30 − 20) = 27.5; C = (8 + 7 + 6 + 5) / 6.
insert into films (film_id, media_type, followed, created_at, updated_at) values
  (1, 'movie', 1, '', ''), (2, 'movie', 1, '', ''), (3, 'movie', 1, '', ''), (4, 'movie', 1, '', ''), (5, 'movie', 1, '', ''),
  (6, 'movie', 1, '', '');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026'), (7, 'plain', '2026'), (8, 'nobody', '2026');
create table cohort_film_stats (cohort_id, film_id, watchers, ratings, rating_sum, avg_rating);
insert into cohort_film_stats values
  (0, 1, 10, 10, 80.0, 8.0), (0, 2, 20, 20, 140.0, 7.0), (0, 3, 30, 30, 180.0, 6.0), (0, 4, 40, 40, 200.0, 5.0),
  (5, 2, 2, 2, 8.0, 4.0), (5, 1, 3, 2, 8.0, 4.0), (5, 3, 1, 0, 0, null), (5, 4, 2, 2, 6.0, 3.0),
  (7, 1, 1, 1, 5.0, 5.0), (7, 2, 3, 3, 6.0, 2.0), (7, 3, 2, 2, 10.0, 5.0);
