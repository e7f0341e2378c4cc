-- What is the film itself: its ids and the titles it came with?
select film_id, media_type, title, original_title, release_year, imdb_id, tmdb_id, letterboxd_slug, followed
from films
where film_id = :film_id;
