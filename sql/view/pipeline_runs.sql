-- The history of runs, in the words of a data pipeline.
create view pipeline_runs as
select
  runs.run_id as id,                     -- number of the run
  runs.started_at as run_date,           -- when it began
  runs.kind as kind,                     -- full, incremental, failures
  coalesce((select max(s.done + s.absent) from run_sources as s where s.run_id = runs.run_id), 0) as movies_processed, -- films answered by the source that answered most
  runs.status as status,                 -- RUNNING, SUCCESS, PARTIAL, INTERRUPTED, FAILED, ABORTED
  (
    select group_concat(asked.source, ', ')
    from (
      select s.source as source
      from run_sources as s
      where s.run_id = runs.run_id and s.state not in ('no_key', 'off')
      order by s.source
    ) as asked
  ) as source_categories,                -- sources that took part, in the order of the alphabet
  round((julianday(coalesce(runs.finished_at, runs.heartbeat_at)) - julianday(runs.started_at)) * 86400.0, 1) as duration_seconds, -- from first start to last end or sign of life
  case
    when runs.status in ('SUCCESS', 'RUNNING') then null
    when runs.message <> '' then runs.message
    when runs.status = 'PARTIAL' then (
      select group_concat(trouble.source || trouble.failed || trouble.reason, ', ')
      from (
        select
          s.source as source,
          case when s.failed + s.broken > 0 then ' ' || (s.failed + s.broken) || ' failed' else '' end as failed,
          case when s.state in ('waiting', 'closed') then ' ' || coalesce(s.reason, s.state) else '' end as reason
        from run_sources as s
        where s.run_id = runs.run_id and (s.failed + s.broken > 0 or s.state in ('waiting', 'closed'))
        order by s.source
      ) as trouble
    )
    when runs.exit_code is null then 'it never ended: the process was killed, or the machine went off'
    else 'it was stopped before its end'
  end as error_message                   -- why it did not end well; of one that is left with work: source and what is left
from runs;
