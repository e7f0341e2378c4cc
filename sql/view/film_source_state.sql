-- How each followed film stands at each source that a run has had to do with.
create view film_source_state as
with known as (
  select source, max(run_id) as run_id from run_sources group by source
),
stood as (
  select
    film_id,
    source,
    max(case state when 'pending' then 5 when 'broken' then 4 when 'failed' then 3 when 'done' then 2 else 1 end) as weight
  from jobs
  where film_id is not null and not (state = 'done' and coalesce(reason, '') = 'lookup')
  group by film_id, source
)
select
  films.film_id as film_id,              -- film
  known.source as source,                -- source
  case
    when stood.weight = 5 then 'pending'
    when stood.weight = 4 then 'broken'
    when stood.weight = 3 then 'failed'
    when stood.weight = 2 then 'done'
    when stood.weight = 1 then 'absent'
    when run_sources.state in ('no_key', 'off') then run_sources.state
    else 'pending'
  end as state,                          -- pending, done, absent, failed, broken; no_key or off: not asked
  (
    select min(jobs.reason)
    from jobs
    where jobs.film_id = films.film_id and jobs.source = known.source
      and jobs.state = case stood.weight
        when 5 then 'pending' when 4 then 'broken' when 3 then 'failed' when 2 then 'done' else 'absent' end
      and coalesce(jobs.reason, '') <> 'lookup'
  ) as reason                            -- why, in a word (not_found, ambiguous, http_5xx …)
from films
cross join known
join run_sources on run_sources.run_id = known.run_id and run_sources.source = known.source
left join stood on stood.film_id = films.film_id and stood.source = known.source
where films.followed = 1;
