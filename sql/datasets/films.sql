-- Every IMDb id by which a film is known; of several, the film's own comes first.
select film_aliases.value as imdb_id, film_aliases.film_id as film_id
from film_aliases
join films on films.film_id = film_aliases.film_id
where film_aliases.scheme = 'imdb'
order by film_aliases.film_id, films.imdb_id is not film_aliases.value, film_aliases.value;
