-- The films about which no source has said anything yet.
create view needs_enrichment as
select
  films.film_id as film_id,              -- film
  films.title as title,                  -- title
  films.release_year as release_year,    -- year
  films.imdb_id as imdb_id               -- IMDb id
from films
where films.followed = 1
  and not exists (select 1 from film_facts where film_facts.film_id = films.film_id);
