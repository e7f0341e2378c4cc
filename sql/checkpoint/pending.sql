-- The next ready jobs of one lane behind a place, in order. (:latest: no later time is believed.)
select priority, job_id, key, film_id, attempts, absences, etag
from jobs
where run_id = :run_id and source = :source and state = 'pending'
  and (priority, job_id) > (:priority, :job_id)
  and (ready_at <= :now or ready_at > :latest)
order by priority, job_id
limit :limit;
