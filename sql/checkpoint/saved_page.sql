-- How does the job stand that a saved page answers, which run has it to do, and since when is what it holds known? (Not
-- for what was not there or could not be read: any page says more.)
select
  jobs.job_id, jobs.film_id, jobs.state, jobs.attempts, jobs.absences, jobs.parser_version, jobs.body_hash,
  jobs.fetched_at,
  case when jobs.state = 'pending' then jobs.run_id end as waits_in,
  case
    when jobs.state = 'done' and coalesce(jobs.reason, '') <> 'lookup' then jobs.fetched_at
    when jobs.state in ('pending', 'failed') then bodies.fetched_at
  end as known_since
from jobs
left join bodies on bodies.body_hash = jobs.body_hash
where jobs.source = :source and jobs.key = :key;
