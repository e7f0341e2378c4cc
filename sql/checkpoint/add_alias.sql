-- This id means that film.
insert into film_aliases (scheme, value, film_id, since) values (:scheme, :value, :film_id, :now);
