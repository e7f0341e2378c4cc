-- A film that changed upstream is asked about again, if it was heard of before the change.
update jobs
set state = 'pending', reason = null, ready_at = :now, attempts = 0, run_id = :run_id
where source = :source and key = :key and film_id is not null
  and (state = 'absent' or (state = 'done' and coalesce(reason, '') <> 'lookup')) and fetched_at < :before;
