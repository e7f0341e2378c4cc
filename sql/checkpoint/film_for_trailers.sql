-- What a film is, as far as a trailer could contradict it. A year that no input gave is a source's.
select
  films.film_id,
  films.media_type,
  coalesce(
    films.release_year,
    (select min(film_facts.release_year) from film_facts where film_facts.film_id = films.film_id)
  ) as release_year
from films
where films.film_id = :film_id;
