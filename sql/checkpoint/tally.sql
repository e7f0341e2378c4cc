-- How many films has this run had to do with at this source, by how they stand there: each film once, whatever rows and
-- questions it had on the way. (A look-up that led elsewhere says nothing about its film.)
with asked as (
  select distinct film_id from jobs where run_id = :run_id and source = :source and film_id is not null
),
stood as (
  select
    asked.film_id,
    max(
      case
        when jobs.state = 'pending' then 5
        when jobs.state = 'broken' then 4
        when jobs.state = 'failed' then 3
        when jobs.state = 'done' and coalesce(jobs.reason, '') <> 'lookup' then 2
        else 1
      end
    ) as weight
  from asked
  join jobs on jobs.film_id = asked.film_id and jobs.source = :source
  group by asked.film_id
)
select
  count(*) as planned,
  coalesce(sum(case weight when 2 then 1 end), 0) as done,
  coalesce(sum(case weight when 1 then 1 end), 0) as absent,
  coalesce(sum(case weight when 3 then 1 end), 0) as failed,
  coalesce(sum(case weight when 4 then 1 end), 0) as broken
from stood;
