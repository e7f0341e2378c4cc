-- What had the answers lost that were not applied since the last one that was? (Not those of the applied body itself: there
-- a parser lost it, not the source.)
select at, reason
from conflicts
where film_id = :film_id and source = :source and key = :key and resolved_at is null
  and body_hash is not (select jobs.body_hash from jobs where jobs.job_id = :job_id);
