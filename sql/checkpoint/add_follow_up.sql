-- A further question about the same film. One that is known already joins this run if it waits or is due again.
insert into jobs (source, key, film_id, state, ready_at, priority, fallback, run_id)
values (:source, :key, :film_id, 'pending', :ready_at, :priority, :fallback, :run_id)
on conflict (source, key) do update set
  state = case when jobs.state = 'absent' and jobs.ready_at <= excluded.ready_at then 'pending' else jobs.state end,
  run_id = case
    when jobs.state = 'pending' or (jobs.state = 'absent' and jobs.ready_at <= excluded.ready_at) then excluded.run_id
    else jobs.run_id
  end,
  fallback = coalesce(excluded.fallback, jobs.fallback);
