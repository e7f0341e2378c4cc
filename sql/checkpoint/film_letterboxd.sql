-- The film's name in Letterboxd addresses, where it has none yet.
update films set letterboxd_slug = :value, updated_at = :now where film_id = :film_id and letterboxd_slug is null;
