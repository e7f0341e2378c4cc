-- What was this source asked about a film?
select key from jobs where film_id = :film_id and source = :source;
