-- Lists: 1 is Ann's, 2 Bo's, 3 nobody's (an upstream's), 4 Ann's and empty. Alien is a series of three of which Ann has
-- seen two; of Rocky she has seen nothing; Lonely has one film.
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo');
insert into films (film_id, media_type, title, created_at, updated_at) values
  (1, 'movie', 'A', '', ''), (2, 'movie', 'B', '', ''), (3, 'movie', 'C', '', ''), (4, 'movie', 'D', '', ''),
  (5, 'movie', 'E', '', ''), (6, 'movie', 'F', '', '');
insert into lists (list_id, name, user_id, origin, updated_at) values
  (1, 'watchlist', 1, 'x', ''), (2, 'watchlist', 2, 'x', ''), (3, 'popular', null, 'tmdb', ''),
  (4, 'empty', 1, 'x', '');
insert into list_items (list_id, film_id) values (1, 1), (1, 2), (1, 3), (2, 1), (3, 3), (3, 4);
create table seen_films (user_id, film_id, rating real);
insert into seen_films values (1, 1, 4), (1, 2, null), (1, 6, 3), (2, 3, null);
create table film_details (film_id, collection);
insert into film_details values
  (1, 'Alien'), (2, 'Alien'), (3, 'Alien'), (4, 'Rocky'), (5, 'Rocky'), (6, 'Lonely'), (7, null);
