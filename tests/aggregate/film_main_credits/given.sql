-- Film 1: eleven actors, of whom the eleventh is no main cast; the first plays two parts; one has no place in the list
-- and so comes after all others. Film 2: one person in both jobs, whom another source credits.
create table film_chosen_credits (film_id, job, source, person_id, name, character, billing);
insert into film_chosen_credits (film_id, job, source, person_id, name, character, billing) values
  (1, 'director', 'tmdb', 'tmdb:50', 'Dee', null, 1), (1, 'director', 'tmdb', 'tmdb:51', 'Eve', null, 0),
  (1, 'writer', 'tmdb', 'tmdb:52', 'Fay', null, 0),
  (1, 'actor', 'tmdb', 'tmdb:10', 'A', 'twin', 0), (1, 'actor', 'tmdb', 'tmdb:10', 'A', 'other twin', 5),
  (1, 'actor', 'tmdb', 'tmdb:99', 'B', '', 1), (1, 'actor', 'tmdb', 'tmdb:12', 'C', '', 2),
  (1, 'actor', 'tmdb', 'tmdb:13', 'D', '', 3), (1, 'actor', 'tmdb', 'tmdb:14', 'E', '', 3),
  (1, 'actor', 'tmdb', 'tmdb:15', 'F', '', 6), (1, 'actor', 'tmdb', 'tmdb:16', 'G', '', 7),
  (1, 'actor', 'tmdb', 'tmdb:17', 'H', '', 8), (1, 'actor', 'tmdb', 'tmdb:18', 'I', '', 9),
  (1, 'actor', 'tmdb', 'tmdb:19', 'J', '', 11), (1, 'actor', 'tmdb', 'tmdb:11', 'K', '', null),
  (2, 'director', 'imdb', 'imdb:nm50', 'Dee', null, 0), (2, 'actor', 'imdb', 'imdb:nm50', 'Dee', '', 0);
