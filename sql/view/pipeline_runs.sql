-- The history of runs, in the words of a data pipeline.
create view pipeline_runs as
select
  runs.run_id as id,                     -- number of the run
  runs.started_at as run_date,           -- when it began
  runs.kind as kind,                     -- full, incremental, failures
  coalesce((select max(s.done + s.absent) from run_sources as s where s.run_id = runs.run_id), 0) as movies_processed, -- films answered by the source that answered most
  runs.status as status,                 -- RUNNING, SUCCESS, PARTIAL, INTERRUPTED, FAILED, ABORTED
  (
    select group_concat(s.source, ', ')
    from run_sources as s
    where s.run_id = runs.run_id and s.state not in ('no_key', 'off')
  ) as source_categories,                -- sources that took part
  round((julianday(coalesce(runs.finished_at, runs.heartbeat_at)) - julianday(runs.started_at)) * 86400.0, 1) as duration_seconds, -- from its first start to its last end
  case when runs.status = 'SUCCESS' then null else nullif(runs.message, '') end as error_message -- why it did not end well
from runs;
