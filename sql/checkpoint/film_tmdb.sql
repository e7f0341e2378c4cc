-- The film's TMDb id as last learnt (an id that TMDb gave up stays an alias); TMDb knows whether it is a film or a series.
update films
set tmdb_id = cast(:value as integer), media_type = :media_type, updated_at = :now
where film_id = :film_id and (tmdb_id is not cast(:value as integer) or media_type is not :media_type);
