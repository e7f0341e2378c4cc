-- Varda (6) made films 1, 2, 3, Demy (7) film 4; nobody is known of film 5; Deneuve (8) plays in 3 and 4.
-- User 1: 1, 2 | (a month only, which has no place between days) 4 | 3, 4, 5, 3, then 3 again: one film is no streak.
-- User 2 rates; of the day's three, the order is that of the file: 2, 4, 1.
create table agg_viewings (user_id, dates, film_id, watched_on, precision, place);
create table film_main_credits (film_id, job, person_id, name, place);
insert into film_main_credits values
  (1, 'director', 't:6', 'Varda', 1), (2, 'director', 't:6', 'Varda', 1), (3, 'director', 't:6', 'Varda', 1),
  (4, 'director', 't:7', 'Demy', 1), (3, 'actor', 't:8', 'Deneuve', 2), (4, 'actor', 't:8', 'Deneuve', 1);
insert into agg_viewings values
  (1, 'viewing', 1, '2025-01-01', 'exact', 1), (1, 'viewing', 2, '2025-01-05', 'exact', 2),
  (1, 'viewing', 4, '2025-01', 'month', 3), (1, 'viewing', 1, '2025-02-01', 'exact', 4),
  (1, 'viewing', 3, '2025-02-02', 'exact', 5), (1, 'viewing', 4, '2025-02-03', 'exact', 6),
  (1, 'viewing', 5, '2025-02-04', 'exact', 7), (1, 'viewing', 3, '2025-02-05', 'exact', 8),
  (1, 'viewing', 3, '2025-02-06', 'exact', 9), (1, 'rated', 1, '2025-03-01', 'exact', 1),
  (1, 'rated', 2, '2025-03-01', 'exact', 2),
  (2, 'rated', 2, '2025-05-01', 'exact', 1), (2, 'rated', 4, '2025-05-01', 'exact', 2),
  (2, 'rated', 1, '2025-05-01', 'exact', 3), (2, 'rated', 3, '2025', 'year', 4);
