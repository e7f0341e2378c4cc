-- How a film stands at the datasets: done, or absent.
insert into jobs (source, key, film_id, state, reason, absences, ready_at, parser_version, fetched_at)
values (:source, :key, :film_id, :state, :reason, :state = 'absent', :now, :version, :fetched_at)
on conflict (source, key) do update set
  film_id = excluded.film_id,
  state = excluded.state,
  reason = excluded.reason,
  absences = case when excluded.state = 'absent' then jobs.absences + 1 else 0 end,
  ready_at = excluded.ready_at,
  parser_version = excluded.parser_version,
  fetched_at = excluded.fetched_at;
