-- The history of runs, newest first.
select
  runs.run_id, runs.kind, runs.status, runs.started_at, runs.finished_at, runs.attempt, runs.exit_code, runs.message,
  coalesce((select max(s.done + s.absent) from run_sources as s where s.run_id = runs.run_id), 0) as films,
  coalesce((select sum(s.requests) from run_sources as s where s.run_id = runs.run_id), 0) as requests
from runs
where :status is null or runs.status = upper(:status)
order by runs.run_id desc
limit :limit;
