-- A question about no film, unless it was asked before: then it is asked again when it is stale, as all others are.
insert into jobs (source, key, film_id, state, ready_at, priority, run_id)
values (:source, :key, null, 'pending', :now, -1000000000, :run_id)
on conflict (source, key) do nothing;
