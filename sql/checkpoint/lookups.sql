-- What led to this film's answers in earlier runs, first one first?
select key
from jobs
where film_id = :film_id and source = :source and state = 'done' and reason = 'lookup' and run_id is not :run_id
  and job_id <> :job_id
order by job_id;
