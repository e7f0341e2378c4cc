-- A sign of life.
update runs set heartbeat_at = :now where run_id = :run_id;
