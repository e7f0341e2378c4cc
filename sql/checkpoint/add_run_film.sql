-- What a run found out about a film at a source.
insert into run_films (run_id, source, film_id, what)
values (:run_id, :source, :film_id, :what)
on conflict (run_id, source, film_id, what) do nothing;
