-- A lane's figures begin, or go on.
insert into run_sources (run_id, source, state, planned)
values (:run_id, :source, 'running', coalesce(:planned, 0))
on conflict (run_id, source) do update set
  state = 'running', reason = null, planned = coalesce(:planned, run_sources.planned);
