-- Which run has not ended?
select run_id, kind, pid, host, started_at, heartbeat_at, attempt
from runs
where status = 'RUNNING'
order by run_id desc
limit 1;
