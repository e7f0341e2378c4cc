-- What facts does a source tell of a film?
select * from film_facts where film_id = :film_id and source = :source;
