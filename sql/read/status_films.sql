-- How many films are followed, and of how many is something known?
select
  count(*) as films,
  coalesce(sum(exists (select 1 from film_facts where film_facts.film_id = films.film_id)), 0) as enriched,
  (select count(*) from v_matches_open) as undecided
from films
where followed = 1;
