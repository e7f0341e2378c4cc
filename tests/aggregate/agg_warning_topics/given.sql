-- A topic's group from the answer, else from the source's own groups, else none; one that nobody voted on has no share.
insert into films (film_id, media_type, title, created_at, updated_at) values (1, 'movie', 'A', '', '');
create table film_warnings (film_id, topic, source, category, yes, no, voted, likely, certain);
insert into content_warnings (film_id, source, topic) values (1, 'ddd', 'a dog dies');
insert into warning_topics values
  ('ddd', 201, 'a cat dies', 51), ('ddd', 202, 'gore', 99), ('imdb', 7, 'a cat dies', 52);
insert into warning_categories values ('ddd', 51, 'Animals'), ('imdb', 52, 'A cat');
insert into film_warnings values
  (1, 'a dog dies', 'ddd', 'Dogs', 30, 1, 1, 1, 1), (2, 'a dog dies', 'ddd', 'Dogs', 3, 1, 1, 1, 0),
  (3, 'a dog dies', 'ddd', 'Dogs', 0, 4, 1, 0, 0), (4, 'a dog dies', 'ddd', 'Dogs', 0, 0, 0, 0, 0),
  (1, 'a cat dies', 'ddd', null, 0, 0, 0, 0, 0), (2, 'gore', 'ddd', null, 2, 1, 1, 1, 0);
