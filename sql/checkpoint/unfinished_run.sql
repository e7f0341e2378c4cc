-- The last run, if it has work left: it was cut off or stopped or, where such a one is asked for (:waiting), waits for a
-- quota, a key or a source. (An incremental run that waits is not gone on with: the next one, of any kind, takes its work.)
select run_id, kind, attempt, options, planned_at
from runs
where run_id = (select max(run_id) from runs)
  and (status in ('RUNNING', 'INTERRUPTED', 'FAILED') or (status = 'PARTIAL' and kind <> 'incremental' and :waiting = 1))
  and (
    status = 'RUNNING'
    or planned_at is null
    or exists (select 1 from jobs where jobs.run_id = runs.run_id and jobs.state = 'pending')
  );
