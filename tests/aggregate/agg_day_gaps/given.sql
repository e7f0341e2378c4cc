-- Two gaps of one day, of which the earlier comes first; what is known by year or month may lie in a gap that it touches.
create table agg_viewings (user_id, dates, film_id, watched_on, day_number);
insert into agg_viewings values
  (1, 'viewing', 1, '2020-01-31', 2458880),
  (1, 'viewing', 2, '2020-02-01', 2458881), (1, 'viewing', 3, '2020-02-01', 2458881),
  (1, 'viewing', 4, '2020-02-03', 2458883),
  (1, 'viewing', 5, '2020-02-04', 2458884),
  (1, 'viewing', 6, '2020-02-28', 2458908),
  (1, 'viewing', 7, '2020-02-29', 2458909),
  (1, 'viewing', 8, '2020-03-01', 2458910),
  (1, 'viewing', 9, '2020-03-03', 2458912),
  (1, 'viewing', 10, '2020', null), (1, 'viewing', 11, '2020-02', null), (1, 'viewing', 12, '2020-03', null),
  (1, 'viewing', 13, '2021', null),
  (1, 'rated', 1, '2020-02-02', 2458882),
  (2, 'rated', 1, '2019-12-31', 2458849),
  (2, 'rated', 2, '2020-01-01', 2458850),
  (2, 'rated', 3, '2020-03-01', 2458910);
