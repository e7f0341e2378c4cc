-- Put the questions of a run in the order of their worth, where a quota may not last for all: first the films this source
-- has told nothing about, so that what only it knows is missing; among them the newest viewings.
with seen as (
  select film_id, max(coalesce(watched_on, '')) as seen_on
  from (
    select film_id, watched_on from watches
    union all
    select film_id, rated_at from ratings
  )
  group by film_id
),
worth as (
  select
    jobs.job_id,
    row_number() over (
      order by
        exists (
          select 1 from jobs as told
          where told.film_id = jobs.film_id and told.source = jobs.source and told.state = 'done'
            and coalesce(told.reason, '') <> 'lookup'
        ) or jobs.fetched_at is not null,
        coalesce(seen.seen_on, '') desc,
        jobs.job_id
    ) as place
  from jobs
  left join seen on seen.film_id = jobs.film_id
  where jobs.run_id = :run_id and jobs.source = :source and jobs.state = 'pending' and jobs.film_id is not null
)
update jobs
set priority = worth.place * 2
from worth
where worth.job_id = jobs.job_id;
