-- One failed attempt.
insert into failures (run_id, source, key, film_id, at, attempt, class, http_status, message, detail)
values (:run_id, :source, :key, :film_id, :at, :attempt, :class, :http_status, :message, :detail);
