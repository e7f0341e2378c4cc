-- What else may be asked if this job's key is absent?
select fallback, priority from jobs where job_id = :job_id;
