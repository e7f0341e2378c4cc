-- A further question of this run about the same film; one that is known already is asked again.
insert into jobs (source, key, film_id, state, ready_at, priority, fallback, run_id)
values (:source, :key, :film_id, 'pending', :ready_at, :priority, :fallback, :run_id)
on conflict (source, key) do update set
  film_id = coalesce(jobs.film_id, excluded.film_id),
  state = 'pending',
  reason = null,
  attempts = case when jobs.state = 'pending' then jobs.attempts else 0 end,
  ready_at = case when jobs.state = 'pending' then jobs.ready_at else excluded.ready_at end,
  run_id = excluded.run_id,
  fallback = coalesce(excluded.fallback, jobs.fallback);
