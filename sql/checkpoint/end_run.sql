-- The run is over for now.
update runs
set status = :status, finished_at = :now, heartbeat_at = :now, exit_code = :exit_code, message = :message
where run_id = :run_id;
