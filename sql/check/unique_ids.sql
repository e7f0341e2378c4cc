-- An IMDb id means one film: the one that bears it is the one that the aliases name.
select films.film_id, films.imdb_id, film_aliases.film_id as alias_names
from films
join film_aliases on film_aliases.scheme = 'imdb' and film_aliases.value = films.imdb_id
where film_aliases.film_id <> films.film_id
order by films.film_id;
