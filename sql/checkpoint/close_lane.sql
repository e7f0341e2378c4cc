-- How a lane ended.
update run_sources
set
  state = :state, reason = :reason, seconds = :seconds,
  planned = :planned, done = :done, absent = :absent, failed = :failed, broken = :broken
where run_id = :run_id and source = :source;
