-- Which were the longest streaks of days with a film on each?
select days, first_day, last_day, viewings
from agg_day_streaks
where user_id = :user_id and dates = :dates
  and (:year is null or :year between cast(substr(first_day, 1, 4) as integer) and cast(substr(last_day, 1, 4) as integer))
order by place
limit :top;
