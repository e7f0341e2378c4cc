-- The history of runs, newest first.
select
  runs.run_id, runs.kind, runs.status, runs.started_at, runs.finished_at, runs.attempt, runs.exit_code, runs.message,
  pipeline_runs.movies_processed as films,
  pipeline_runs.source_categories as sources,
  pipeline_runs.duration_seconds,
  pipeline_runs.error_message,
  coalesce((select sum(s.requests) from run_sources as s where s.run_id = runs.run_id), 0) as requests
from runs
join pipeline_runs on pipeline_runs.id = runs.run_id
where :status is null or runs.status = upper(:status)
order by runs.run_id desc
limit :limit;
