-- By which ids of TMDb is a film known?
select scheme, value from film_aliases where film_id = :film_id and scheme in ('tmdb_movie', 'tmdb_tv');
