-- What failed in a run, by source and class: how many attempts, of how many questions, and what the last of them said?
with counted as (
  select source, class, count(*) as attempts, count(distinct key) as questions, max(failure_id) as last_id
  from failures
  where run_id = :run_id
  group by source, class
)
select counted.source, counted.class, counted.attempts, counted.questions, failures.http_status, failures.message
from counted
join failures on failures.failure_id = counted.last_id
order by counted.attempts desc, counted.source, counted.class;
