-- How many films stand how at each source, and how old is the oldest answer?
select
  state.source,
  sum(state.state = 'done') as done,
  sum(state.state = 'absent') as absent,
  sum(state.state = 'pending') as pending,
  sum(state.state = 'failed') as failed,
  sum(state.state = 'broken') as broken,
  sum(state.state = 'no_key') as no_key,
  sum(state.state = 'off') as "off",
  sum(state.state = 'no_id') as no_id,
  (
    select min(jobs.fetched_at) from jobs where jobs.source = state.source and jobs.state = 'done'
  ) as oldest
from film_source_state as state
group by state.source
order by state.source;
