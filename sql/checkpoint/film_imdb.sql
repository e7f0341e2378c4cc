-- The film's IMDb id, where it has none yet.
update films set imdb_id = :value, updated_at = :now where film_id = :film_id and imdb_id is null;
