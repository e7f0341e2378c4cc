-- The last run.
select run_id, kind, status, started_at, finished_at, heartbeat_at, attempt, pid, host, exit_code, message
from runs
order by run_id desc
limit 1;
