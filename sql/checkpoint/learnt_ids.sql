-- Which ids of IMDb and TMDb has a film from answers? The others were there when its row was made, or came with an import.
select film_aliases.scheme, film_aliases.value
from film_aliases
join films on films.film_id = film_aliases.film_id
where film_aliases.film_id = :film_id and film_aliases.scheme in ('imdb', 'tmdb_movie', 'tmdb_tv')
  and film_aliases.since <> films.created_at
  and film_aliases.since not in (select imports.imported_at from imports);
