-- Varda has an id at two sources and is credited by name alone at a third; two people are called Sam Lee at TMDb.
create table film_chosen_credits (film_id, job, source, person_id, name, character, billing);
insert into film_chosen_credits (film_id, job, source, person_id, name, billing) values
  (1, 'director', 'tmdb', 'tmdb:6', 'Agnès Varda', 0),
  (2, 'director', 'imdb', 'imdb:nm6', 'Agnès Varda', 0),
  (3, 'writer', 'omdb', 'name:agnès varda', 'Agnès Varda', 0),
  (4, 'actor', 'tmdb', 'tmdb:7', 'Sam Lee', 0),
  (5, 'actor', 'tmdb', 'tmdb:8', 'Sam Lee', 0),
  (6, 'actor', 'imdb', 'imdb:nm7', 'Sam Lee', 0),
  (7, 'actor', 'imdb', 'imdb:nm9', 'Ida Nord', 0),
  (8, 'actor', 'omdb', 'name:ida nord', 'Ida Nord', 0),
  (9, 'gaffer', 'tmdb', 'tmdb:9', 'Nobody Asked', 0);
