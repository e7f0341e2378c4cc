-- The next kept answers of a source, behind a place, that another version of its parser read; :everything: all of them;
-- :accept: those too that this version read and that were not applied because of what it does not find any more.
-- `contested`: an answer that came later was not applied.
select
  jobs.job_id, jobs.key, jobs.film_id, jobs.state, jobs.reason, jobs.attempts, jobs.absences, jobs.parser_version,
  jobs.body_hash, jobs.etag,
  bodies.body, bodies.size, bodies.status, bodies.content_type, bodies.request,
  exists (
    select 1 from conflicts
    where conflicts.film_id is jobs.film_id and conflicts.source = jobs.source and conflicts.key = jobs.key
      and conflicts.resolved_at is null and conflicts.body_hash is not jobs.body_hash
  ) as contested
from jobs
join bodies on bodies.body_hash = jobs.body_hash
where jobs.source = :source and jobs.key > :after and jobs.state in ('done', 'absent', 'broken')
  and (
    :everything
    or jobs.parser_version <> :version
    or (
      :accept and exists (
        select 1 from conflicts
        where conflicts.film_id is jobs.film_id and conflicts.source = jobs.source and conflicts.key = jobs.key
          and conflicts.resolved_at is null and conflicts.body_hash = jobs.body_hash
      )
    )
  )
order by jobs.key
limit :limit;
