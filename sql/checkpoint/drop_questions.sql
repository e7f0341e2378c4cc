-- Forget what a source was asked about a film.
delete from jobs where film_id = :film_id and source = :source;
