-- A first question about a film.
insert into jobs (source, key, film_id, state, ready_at, fallback, run_id)
values (?, ?, ?, 'pending', ?, ?, ?)
on conflict (source, key) do nothing;
