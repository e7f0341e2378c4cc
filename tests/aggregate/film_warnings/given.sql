-- Film 1: votes from ddd, and from a source that is not named and so comes after it. 20 votes with 16 yes are 80 %, not
-- more; 17 are; 19 votes are too few. Film 2 only the other source knows. Film 3: a tie, and a question nobody
-- answered.
insert into films (film_id, media_type, title, created_at, updated_at) values
  (1, 'movie', 'A', '', ''), (2, 'movie', 'B', '', ''), (3, 'movie', 'C', '', '');
insert into content_warnings (film_id, source, topic, category, yes, no) values
  (1, 'ddd', 'a dog dies', 'Animals', 16, 4), (1, 'ddd', 'a cat dies', 'Animals', 17, 3),
  (1, 'ddd', 'a bird dies', null, 19, 0), (1, 'imdb', 'a dog dies', null, 99, 0), (1, 'imdb', 'gore', null, 99, 0),
  (2, 'imdb', 'gore', null, 30, 1),
  (3, 'ddd', 'a dog dies', 'Animals', 5, 5), (3, 'ddd', 'a cat dies', 'Animals', 0, 0);
