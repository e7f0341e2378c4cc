-- Differences 0 (One), 1.5 (Two) and -4 (Four, of no known genre): -2.5 / 3 over all films. Three has no rating at IMDb.

insert into users values (1, 'ann'), (2, 'ben');
insert into films (film_id, created_at, updated_at) values (1, '', ''), (2, '', ''), (3, '', ''), (4, '', ''), (5, '', '');
insert into scores values (1, 'omdb', 'imdb', 7.0, 10, 100);

create table seen_films (user_id, film_id, rating);
insert into seen_films values (1, 1, 3.5), (1, 2, 4), (1, 3, 5), (1, 4, 2), (1, 5, null), (2, 3, null);

create table film_details (film_id, title, release_year, decade, runtime_minutes, original_language, rating);
insert into film_details values
  (1, 'One', 1999, 1990, 100, 'en', 7.0),
  (2, 'Two', 2000, 2000, 40, 'fr', 6.5),
  (3, 'Three', 2019, 2010, 180, 'en', null),
  (4, 'Four', null, null, null, null, 8.0);

create table film_chosen_lists (film_id, field, source, value, position);
insert into film_chosen_lists values
  (1, 'genres', 'tmdb', 'Drama', 0), (1, 'genres', 'tmdb', 'Comedy', 1),
  (2, 'genres', 'omdb', 'Drama', 0),
  (3, 'genres', 'tmdb', 'Comedy', 0),
  (1, 'countries', 'tmdb', 'US', 0),
  (2, 'countries', 'omdb', 'FR', 0), (2, 'countries', 'omdb', 'US', 1),
  (3, 'countries', 'tmdb', 'US', 0),
  (1, 'languages', 'tmdb', 'en', 0), (1, 'languages', 'tmdb', 'fr', 1),
  (2, 'languages', 'omdb', 'fr', 0),
  (3, 'languages', 'tmdb', 'da', 0),  -- it was made in English, and Danish is spoken in it
  (1, 'keywords', 'tmdb', 'road', null);
