-- Has this run other questions about the film that the same answer led to, and has the source answered another? (First
-- questions have an even priority; what an answer leads to stands one before it.)
select
  exists (
    select 1
    from jobs
    join jobs as this on this.job_id = :job_id
    where jobs.film_id = :film_id and jobs.source = :source and jobs.run_id = :run_id and jobs.state = 'pending'
      and jobs.job_id <> :job_id and jobs.priority = this.priority and this.priority % 2 <> 0
  ),
  exists (
    select 1 from jobs
    where film_id = :film_id and source = :source and state = 'done' and coalesce(reason, '') <> 'lookup'
      and job_id <> :job_id
  );
