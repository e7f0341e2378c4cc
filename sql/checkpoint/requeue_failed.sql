-- Give a run what was given up or could not be read. (:scoped: only for the films in plan_scope.)
update jobs
set state = 'pending', reason = null, ready_at = :now, attempts = 0, run_id = :run_id
where source = :source and (state in ('failed', 'broken') or (state = 'pending' and attempts > 0))
  and (:scoped = 0 or film_id in (select film_id from temp.plan_scope));
