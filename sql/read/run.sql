-- What is known of one run (of the last, where none is named), and until when what was written is its own? Runs exclude
-- each other, and one that was killed has no end of its own: then it is the next one's beginning.
select
  runs.run_id, runs.kind, runs.status, runs.started_at, runs.finished_at, runs.heartbeat_at, runs.attempt,
  runs.exit_code, runs.message, runs.pid, runs.host, runs.version,
  pipeline_runs.movies_processed as films,
  pipeline_runs.source_categories as sources,
  pipeline_runs.duration_seconds,
  pipeline_runs.error_message,
  coalesce((select sum(s.requests) from run_sources as s where s.run_id = runs.run_id), 0) as requests,
  coalesce(
    case when runs.status <> 'ABORTED' then runs.finished_at end,
    (select min(later.started_at) from runs as later where later.run_id > runs.run_id)
  ) as ended_by
from runs
join pipeline_runs on pipeline_runs.id = runs.run_id
where runs.run_id = coalesce(:run_id, (select max(run_id) from runs));
