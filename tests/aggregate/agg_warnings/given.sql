-- User 1 saw films 1 to 4; film 1 twice in 2025, film 2 in 2024 and 2025, film 3 at some time, film 4 without any votes
-- in 2025. So dogs: of 3 films in 2025 one is likely and one is certain to be among the two voted on.
insert into films (film_id, media_type, title, created_at, updated_at) values (1, 'movie', 'A', '', '');
create table film_warnings (film_id, topic, source, category, yes, no, voted, likely, certain);
insert into content_warnings (film_id, source, topic) values (1, 'ddd', 'a dog dies');
create table seen_films (user_id, film_id, rating);
create table agg_viewings (user_id, dates, film_id, watched_on, precision);
insert into film_warnings values
  (1, 'a dog dies', 'ddd', 'Animals', 30, 1, 1, 1, 1), (2, 'a dog dies', 'ddd', 'Animals', 0, 3, 1, 0, 0),
  (3, 'a dog dies', 'ddd', 'Animals', 3, 1, 1, 1, 0), (2, 'a cat dies', 'ddd', 'Animals', 0, 0, 0, 0, 0),
  (9, 'gore', 'ddd', null, 30, 0, 1, 1, 1);
insert into seen_films values (1, 1, 5), (1, 2, null), (1, 3, null), (1, 4, null), (2, 4, null);
insert into agg_viewings values
  (1, 'viewing', 1, '2025-01-01', 'exact'), (1, 'viewing', 1, '2025-03', 'month'), (1, 'viewing', 2, '2024', 'year'),
  (1, 'viewing', 2, '2025-05-05', 'exact'), (1, 'viewing', 4, '2025-06-06', 'exact'),
  (1, 'rated', 1, '2023-01-01', 'exact'), (2, 'viewing', 4, '2025-06-06', 'exact');
