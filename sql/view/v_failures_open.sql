-- The last failed attempt of every job that is still not answered, and that nobody has accepted.
create view v_failures_open as
with last_attempt as (
  select source, key, max(failure_id) as failure_id from failures group by source, key
)
select
  failures.failure_id as failure_id,     -- number of the attempt
  films.imdb_id as imdb_id,              -- IMDb id of the film
  films.title as title,                  -- title
  films.release_year as release_year,    -- year
  failures.source as source,             -- source
  failures.key as key,                   -- what was asked
  jobs.state as state,                   -- pending (asked again), failed, broken
  failures.class as class,               -- timeout, http_5xx, parser_error …
  jobs.attempts as attempts,             -- failed attempts in a row
  case when jobs.state = 'pending' then jobs.ready_at end as next_try, -- not before
  failures.at as at,                     -- when it last failed
  failures.message as message            -- what happened
from last_attempt
join failures on failures.failure_id = last_attempt.failure_id
join jobs on jobs.source = failures.source and jobs.key = failures.key
left join films on films.film_id = jobs.film_id
where jobs.state in ('failed', 'broken', 'pending') and jobs.attempts > 0 and failures.ignored = 0;
