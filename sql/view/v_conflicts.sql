-- Answers that were not applied, because they had lost what an earlier answer about the same film told.
create view v_conflicts as
select
  conflicts.conflict_id as conflict_id,  -- number, in the order of meeting
  conflicts.film_id as film_id,          -- film
  films.imdb_id as imdb_id,              -- its IMDb id
  coalesce(films.title, film_facts.title) as title, -- title
  coalesce(films.release_year, film_facts.release_year) as release_year, -- year
  conflicts.source as source,            -- who gave the answer
  conflicts.key as key,                  -- what was asked
  conflicts.at as at,                    -- when
  conflicts.reason as lost,              -- what it had lost
  case when conflicts.resolved_at is null then 'kept' else 'applied' end as now, -- kept: the older rows still stand; applied: a later answer is
  conflicts.resolved_at as resolved_at   -- when that was
from conflicts
left join films on films.film_id = conflicts.film_id
left join film_facts on film_facts.film_id = conflicts.film_id and film_facts.source = conflicts.source;
