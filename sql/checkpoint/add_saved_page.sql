-- The job that a saved page answers, where none was planned; one that was planned without a film gets it.
insert into jobs (source, key, film_id, state, ready_at)
values (:source, :key, :film_id, 'pending', :ready_at)
on conflict (source, key) do update set film_id = coalesce(jobs.film_id, excluded.film_id);
