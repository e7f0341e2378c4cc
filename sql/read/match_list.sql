-- Which films were looked up by their titles or decided by a person, what was chosen, and by whom? (:who: only these.)
select
  matches.film_id,
  films.imdb_id,
  matches.title,
  matches.release_year,
  matches.source,
  coalesce(matches.decided_by, 'open') as decided_by,
  matches.chosen,
  matches.confidence,
  matches.decided_at,
  matches.candidates
from matches
join films on films.film_id = matches.film_id
where (
    matches.decided_by is not null
    or (matches.film_id, matches.source) in (select v_matches_open.film_id, v_matches_open.source from v_matches_open)
  )
  and (:who is null or coalesce(matches.decided_by, 'open') = :who)
order by
  case coalesce(matches.decided_by, 'open') when 'open' then 1 when 'manual' then 2 else 3 end,
  matches.title,
  matches.film_id,
  matches.source;
