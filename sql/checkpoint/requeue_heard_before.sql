-- Each film of a source's kind of key that was heard of before a time is asked about again.
update jobs
set state = 'pending', reason = null, ready_at = :now, attempts = 0, run_id = :run_id
where source = :source and key >= :prefix and key < :prefix || '~'
  and state = 'done' and coalesce(reason, '') <> 'lookup' and fetched_at < :before and film_id is not null;
