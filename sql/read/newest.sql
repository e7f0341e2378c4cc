-- What is the latest time at which anything was written?
select max(at) as at
from (
  select max(fetched_at) as at from jobs
  union all
  select max(max(started_at, coalesce(heartbeat_at, started_at))) from runs
);
