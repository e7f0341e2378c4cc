-- An answer to a question was applied. (Not :heard: one that was there already was read again, by a better parser.)
update conflicts
set resolved_at = :at
where film_id = :film_id and source = :source and key = :key and resolved_at is null
  and (:heard or body_hash is (select jobs.body_hash from jobs where jobs.job_id = :job_id));
