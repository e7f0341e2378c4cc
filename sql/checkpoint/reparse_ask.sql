-- What was kept is no answer, as is known by now: it is asked again by the next run.
update jobs set state = 'pending', reason = null, attempts = 0, ready_at = :now, run_id = null where job_id = :job_id;
