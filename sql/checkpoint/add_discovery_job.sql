-- A question about what there is, not about a film: a page of a list, a channel, a day of changes. (:again: even where it
-- was answered before.) What waits keeps its time.
insert into jobs (source, key, film_id, state, reason, ready_at, priority, run_id)
values (:source, :key, null, 'pending', 'discovery', :now, -1000000000, :run_id)
on conflict (source, key) do update set
  run_id = excluded.run_id,
  attempts = case when jobs.state = 'pending' then jobs.attempts else 0 end,
  ready_at = case when jobs.state = 'pending' then jobs.ready_at else excluded.ready_at end,
  state = 'pending',
  reason = 'discovery'
where :again = 1 or jobs.state <> 'done';
