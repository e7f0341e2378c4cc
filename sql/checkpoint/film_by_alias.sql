-- Which film does this id mean?
select film_id from film_aliases where scheme = :scheme and value = :value;
