-- How did a question stand before its answer, had the source been heard about the film by another, and is an answer to it
-- in dispute?
select
  jobs.parser_version,
  jobs.body_hash,
  jobs.absences,
  exists (
    select 1 from jobs as other
    where other.film_id = :film_id and other.source = jobs.source and other.job_id <> jobs.job_id
      and other.fetched_at is not null and coalesce(other.reason, '') <> 'lookup'
  ) as others,
  exists (
    select 1 from conflicts
    where conflicts.film_id = :film_id and conflicts.source = jobs.source and conflicts.key = jobs.key
      and conflicts.resolved_at is null
  ) as disputed
from jobs
where jobs.job_id = :job_id;
