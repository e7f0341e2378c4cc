-- Which film bears this id, now or once? Our own number is the scheme film.
select film_id from film_aliases where scheme = :scheme and value = :value
union
select film_id from films where :scheme = 'film' and film_id = cast(:value as integer);
