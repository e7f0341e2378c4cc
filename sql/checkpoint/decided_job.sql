-- What a person decided is asked by the next run, and whole.
insert into jobs (source, key, film_id, state, ready_at)
values (:source, :key, :film_id, 'pending', :now)
on conflict (source, key) do update set
  film_id = excluded.film_id,
  state = 'pending',
  reason = null,
  attempts = 0,
  ready_at = excluded.ready_at,
  fallback = null,
  etag = null;
