-- A film is crawled from now on.
update films set followed = 1, updated_at = :now where film_id = :film_id;
