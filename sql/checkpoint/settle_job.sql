-- A job's new state. An answer without a new body (304, a fault) leaves the kept one in place.
update jobs
set
  state = :state,
  reason = case when :reason = 'not_modified' then reason else :reason end,
  attempts = :attempts,
  absences = :absences,
  ready_at = :ready_at,
  parser_version = coalesce(:parser_version, parser_version),
  body_hash = coalesce(:body_hash, body_hash),
  etag = case when :body_hash is null then etag else :etag end,
  fetched_at = coalesce(:fetched_at, fetched_at)
where job_id = :job_id;
