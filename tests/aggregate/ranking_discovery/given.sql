-- Group 5 has three members and asks for five ratings, so everybody's three are enough: films 1, 2, 3 and 7 count, film 4 has
-- but two, film 5 too few public votes, film 6 none. Means 4 4 1 5 (3.5, spread 1.5), the world's 8 8 5 7 (7, spread √1.5).
-- Films 1 and 2 tie in score and votes. Ann's films are all alike to her.
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo'), (3, 'Cleo'), (4, 'Dee');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026');
insert into cohort_members (cohort_id, user_id) values (5, 2), (5, 3), (5, 4);
create table cohort_film_stats (cohort_id, film_id, watchers, ratings, rating_sum, avg_rating, positives);
insert into cohort_film_stats values
  (0, 1, 200, 200, 1600.0, 8.0, null), (0, 2, 100, 100, 800.0, 8.0, null), (0, 3, 300, 300, 1500.0, 5.0, null),
  (0, 7, 100, 100, 700.0, 7.0, null), (0, 4, 300, 300, 1500.0, 5.0, null), (0, 5, 99, 99, 495.0, 5.0, null),
  (5, 2, 3, 3, 12.0, 4.0, 3), (5, 1, 3, 3, 12.0, 4.0, 3), (5, 3, 3, 3, 3.0, 1.0, 0), (5, 4, 3, 2, 10.0, 5.0, 2),
  (5, 7, 3, 3, 15.0, 5.0, 3), (5, 5, 3, 3, 15.0, 5.0, 3), (5, 6, 3, 3, 15.0, 5.0, 3),
  (-1, 1, 1, 1, 3.0, 3.0, 0), (-1, 3, 1, 1, 3.0, 3.0, 0);
