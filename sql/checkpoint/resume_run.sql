-- The run goes on.
update runs
set
  status = 'RUNNING', attempt = attempt + 1, heartbeat_at = :now, finished_at = null, exit_code = null,
  message = null, pid = :pid, host = :host, version = :version
where run_id = :run_id;
