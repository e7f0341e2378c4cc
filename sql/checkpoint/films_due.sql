-- The first films about which this source is to be asked.
select films.film_id
from films
where films.followed = 1
  and (
    not exists (select 1 from jobs where jobs.film_id = films.film_id and jobs.source = :source)
    or exists (
      select 1 from jobs
      where jobs.film_id = films.film_id and jobs.source = :source
        and (
          jobs.state in ('pending', 'failed')
          or (jobs.state = 'done' and coalesce(jobs.reason, '') <> 'lookup' and (jobs.fetched_at < :stale_before or :refetch))
          or (jobs.state = 'absent' and (jobs.ready_at <= :now or :refetch))
        )
    )
  )
order by films.film_id
limit :limit;
