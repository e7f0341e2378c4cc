-- How each followed film stands at each source that was ever asked, or that a run left out. Where a film has several
-- questions, the one that is furthest from its end speaks for it; a look-up that led to another question is passed over.
create view film_source_state as
with recursive asked as (
  select min(source) as source from jobs
  union all
  select (select min(jobs.source) from jobs where jobs.source > asked.source)
  from asked
  where asked.source is not null
),
lanes as (
  select
    run_sources.source,
    max(run_sources.run_id) as run_id,
    max(
      case
        when run_sources.state = 'done' and runs.status in ('SUCCESS', 'PARTIAL') and runs.kind <> 'failures'
          and runs.options like '%"films":[],"limit":null%'
          then runs.finished_at
      end
    ) as all_planned_at
  from run_sources
  join runs on runs.run_id = run_sources.run_id
  group by run_sources.source
),
known as (
  select lanes.source, run_sources.state as lane, lanes.all_planned_at
  from lanes
  join run_sources on run_sources.run_id = lanes.run_id and run_sources.source = lanes.source
  union all
  select asked.source, null, null
  from asked
  where asked.source is not null and asked.source not in (select source from run_sources)
),
feeds as ( -- who tells what is new, and is asked about no film
  select known.source
  from known
  where exists (select 1 from jobs where jobs.source = known.source)
    and not exists (
      select 1 from jobs
      where jobs.source = known.source and (jobs.film_id is not null or coalesce(jobs.reason, '') <> 'discovery')
    )
)
select
  films.film_id as film_id,              -- film
  known.source as source,                -- source
  case
    when jobs.state is not null then jobs.state
    when decided.chosen is not null then 'absent'
    when known.lane in ('no_key', 'off') then known.lane
    when films.updated_at < known.all_planned_at then 'no_id'
    else 'pending'
  end as state,                          -- pending, done, absent, failed, broken, no_key; off: not asked; no_id: a whole run found nothing to ask it by
  coalesce(jobs.reason, case when jobs.state is null and decided.chosen is not null then 'decided_none' end) as reason -- why, in a word (not_found, ambiguous, decided_none: by a person, http_5xx …)
from films
cross join known
left join jobs on jobs.job_id = (
  select question.job_id
  from jobs as question
  where question.film_id = films.film_id and question.source = known.source
    and not (question.state = 'done' and coalesce(question.reason, '') = 'lookup')
  order by
    case question.state when 'pending' then 1 when 'broken' then 2 when 'failed' then 3 when 'done' then 4 else 5 end,
    question.reason,
    question.job_id
  limit 1
)
left join matches as decided on decided.film_id = films.film_id and decided.source = known.source
  and decided.decided_by = 'manual' and decided.chosen = 'none'
where films.followed = 1 and known.source not in (select feeds.source from feeds);
