-- The first films about which this source was asked before and is to be asked again (as `requeue` does it).
select distinct jobs.film_id
from jobs
join films on films.film_id = jobs.film_id
where jobs.source = :source
  and films.followed = 1
  and (
    jobs.state in ('pending', 'failed')
    or (
      jobs.state = 'done' and coalesce(jobs.reason, '') <> 'lookup'
      and (jobs.fetched_at < :stale_before or jobs.fetched_at > :latest_heard or :refetch = 1)
    )
    or (jobs.state = 'broken' and (jobs.parser_version is not :version or :refetch = 1))
    or (
      jobs.state = 'absent' and (jobs.ready_at <= :now or jobs.ready_at > :latest_absent or :refetch = 1)
      and not exists (
        select 1 from jobs as other
        where other.film_id = jobs.film_id and other.source = jobs.source
          and (other.state = 'pending' or (other.state = 'done' and coalesce(other.reason, '') <> 'lookup'))
      )
    )
  )
order by jobs.film_id
limit :limit;
