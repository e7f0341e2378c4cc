-- How does the film stand at each source, and when did what the source says of it come?
select
  state.source,
  state.state,
  state.reason,
  (
    select max(jobs.fetched_at)
    from jobs
    where jobs.film_id = state.film_id and jobs.source = state.source
      and (jobs.state = 'done' or (jobs.state = 'pending' and jobs.attempts = 0))
      and coalesce(jobs.reason, '') <> 'lookup'
  ) as told_at,
  (
    select max(jobs.fetched_at) from jobs where jobs.film_id = state.film_id and jobs.source = state.source
  ) as heard_at
from film_source_state as state
where state.film_id = :film_id
order by state.source;
