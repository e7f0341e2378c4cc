-- Give the run the jobs of a source that are due again. (:scoped: only those of the films in plan_scope. :latest_heard,
-- :latest_absent: a later time was written under a wrong clock, and is not believed.)

-- what waits, whoever planned it; a body that an older parser read is fetched whole
update jobs
set run_id = :run_id, etag = case when parser_version = :version then etag end
where source = :source and state = 'pending' and run_id is not :run_id
  and (:scoped = 0 or film_id in (select film_id from temp.plan_scope));

-- what is stale, or asked for again
update jobs
set
  state = 'pending', reason = null, ready_at = :now, attempts = 0, run_id = :run_id,
  etag = case when parser_version = :version then etag end
where source = :source and state = 'done' and coalesce(reason, '') not in ('lookup', 'discovery')
  and (fetched_at < :stale_before or fetched_at > :latest_heard or :refetch = 1)
  and (:scoped = 0 or film_id in (select film_id from temp.plan_scope));

-- what failed before, or could not be read by an older parser
update jobs
set
  state = 'pending', reason = null, ready_at = :now, attempts = 0, run_id = :run_id,
  etag = case when parser_version = :version then etag end
where source = :source and (state = 'failed' or (state = 'broken' and (parser_version is not :version or :refetch = 1)))
  and (:scoped = 0 or film_id in (select film_id from temp.plan_scope));

-- what was not there, when its time has come: the first of a film's keys, the others follow if it is absent again
update jobs
set state = 'pending', reason = null, ready_at = :now, attempts = 0, run_id = :run_id
where job_id in (
  select min(absent.job_id)
  from jobs as absent
  where absent.source = :source and absent.state = 'absent' and absent.film_id is not null
    and (absent.ready_at <= :now or absent.ready_at > :latest_absent or :refetch = 1)
    and (:scoped = 0 or absent.film_id in (select film_id from temp.plan_scope))
    and not exists (
      select 1 from jobs as other
      where other.film_id = absent.film_id and other.source = absent.source
        and (other.state = 'pending' or (other.state = 'done' and coalesce(other.reason, '') <> 'lookup'))
    )
  group by absent.film_id
);
