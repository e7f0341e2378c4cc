-- A job's new state. An answer with no news (304, a fault: not :heard) leaves the kept body in place.
update jobs
set
  state = :state,
  reason = case when :reason = 'not_modified' then reason else :reason end,
  attempts = :attempts,
  absences = :absences,
  ready_at = :ready_at,
  parser_version = coalesce(:parser_version, parser_version),
  body_hash = case when :heard then :body_hash else body_hash end,
  etag = case when :heard then :etag else etag end,
  fetched_at = coalesce(:fetched_at, fetched_at)
where job_id = :job_id;
