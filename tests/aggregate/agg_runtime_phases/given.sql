-- Lengths: 1 140, 2 200, 3 139, 4 90, 5 60, 6 91, 7 not known.
-- User 1: long 2 1 2 (a film twice), then 3 (neither), short 4 5, 7 (not known) 4: two and one are no phase; then 5 4.
-- 4 5 4 begins after the unknown one: short from 8 to 10. A year alone has no place.
create table agg_viewings (user_id, dates, film_id, watched_on, precision, place);
create table film_details (film_id, runtime_minutes);
insert into film_details values (1, 140), (2, 200), (3, 139), (4, 90), (5, 60), (6, 91), (7, null);
insert into agg_viewings values
  (1, 'viewing', 2, '2025', 'year', 1),
  (1, 'viewing', 2, '2025-01-01', 'exact', 2), (1, 'viewing', 1, '2025-01-02', 'exact', 3),
  (1, 'viewing', 2, '2025-01-03', 'exact', 4), (1, 'viewing', 3, '2025-01-04', 'exact', 5),
  (1, 'viewing', 4, '2025-01-05', 'exact', 6), (1, 'viewing', 5, '2025-01-06', 'exact', 7),
  (1, 'viewing', 7, '2025-01-07', 'exact', 8), (1, 'viewing', 4, '2025-01-08', 'exact', 9),
  (1, 'viewing', 5, '2025-01-09', 'exact', 10), (1, 'viewing', 4, '2025-01-10', 'exact', 11),
  (1, 'viewing', 6, '2025-01-11', 'exact', 12), (1, 'viewing', 8, '2025-01-12', 'exact', 13),
  (2, 'viewing', 1, '2025-01-01', 'exact', 1), (2, 'viewing', 4, '2025-01-02', 'exact', 2),
  (2, 'viewing', 2, '2025-01-03', 'exact', 3), (2, 'viewing', 5, '2025-01-04', 'exact', 4),
  (2, 'viewing', 1, '2025-01-05', 'exact', 5);
