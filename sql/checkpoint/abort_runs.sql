-- A run that never ended gives way to a new one.
update runs
set status = 'ABORTED', finished_at = coalesce(finished_at, heartbeat_at, :now)
where status in ('RUNNING', 'INTERRUPTED');
