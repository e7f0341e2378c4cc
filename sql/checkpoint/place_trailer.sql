-- A trailer has its film.
update trailers set film_id = :film_id where video_id = :video_id;
