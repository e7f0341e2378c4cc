-- Which films await a person's decision, at which source, and what was offered? The surest come first.
select
  v_matches_open.film_id,
  v_matches_open.source,
  v_matches_open.title,
  v_matches_open.release_year,
  v_matches_open.candidates,
  v_matches_open.imdb_id
from v_matches_open
join films on films.film_id = v_matches_open.film_id
where (:source is null or v_matches_open.source = :source)
  and (:film_id is null or v_matches_open.film_id = :film_id)
order by v_matches_open.confidence desc, v_matches_open.title, v_matches_open.film_id, v_matches_open.source;
