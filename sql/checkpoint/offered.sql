-- What did a source offer for a film's title?
select candidates from matches where film_id = :film_id and source = :source;
