-- Which were the longest times without a film?
select days, last_day, next_day, vague as may_lie_in_it
from agg_day_gaps
where user_id = :user_id and dates = :dates
  and (:year is null or :year between cast(substr(last_day, 1, 4) as integer) and cast(substr(next_day, 1, 4) as integer))
order by place
limit :top;
