-- Group 5: film 1 and 2 tie in score and votes, film 3 is liked by all of one, film 4 by nobody, film 5 was not rated, film
-- 6 lacks a rating to count in group 7, which asks for three. Of the world nobody knows who liked what.
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026'), (7, 'strict', '2026');
create table cohort_film_stats (cohort_id, film_id, watchers, ratings, rating_sum, avg_rating, positives);
insert into cohort_film_stats values
  (0, 1, 100, 100, 800.0, 8.0, null), (5, 2, 4, 4, 16.0, 4.0, 3), (5, 1, 9, 4, 16.0, 4.0, 3), (5, 3, 1, 1, 5.0, 5.0, 1),
  (5, 4, 2, 2, 2.0, 1.0, 0), (5, 5, 1, 0, 0, null, 0), (7, 6, 2, 2, 10.0, 5.0, 2), (7, 7, 3, 3, 9.0, 3.0, 3);
