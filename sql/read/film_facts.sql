-- What does each source say of the film itself?
select * from film_facts where film_id = :film_id order by source;
