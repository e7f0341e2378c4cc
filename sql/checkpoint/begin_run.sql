-- A new run.
insert into runs (kind, status, options, started_at, heartbeat_at, pid, host, version)
values (:kind, 'RUNNING', :options, :now, :now, :pid, :host, :version);
