-- How long were the films, in one year or in all?
with counted as (
  select sum(viewings) as viewings
  from agg_year
  where user_id = :user_id and dates = :dates and (:year is null or year = :year)
)
select
  agg_year_runtime.length,
  sum(agg_year_runtime.viewings) as viewings,
  round(1.0 * sum(agg_year_runtime.viewings) / max(counted.viewings), 4) as share,
  sum(agg_year_runtime.minutes) as minutes
from agg_year_runtime
cross join counted
where agg_year_runtime.user_id = :user_id and agg_year_runtime.dates = :dates
  and (:year is null or agg_year_runtime.year = :year)
group by agg_year_runtime.from_minutes, agg_year_runtime.length
order by agg_year_runtime.from_minutes
limit :top;
