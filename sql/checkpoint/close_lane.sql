-- How a lane ended.
update run_sources
set state = :state, reason = :reason, seconds = :seconds
where run_id = :run_id and source = :source;
