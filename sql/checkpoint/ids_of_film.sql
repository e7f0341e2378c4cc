-- By which ids is a film known?
select scheme, value from film_aliases where film_id = :film_id;
