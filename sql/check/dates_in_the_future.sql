-- Nobody has seen or rated a film later than today.
-- not portable: SQLite's date function, for the day ahead that is allowed for the other side of the world.
with tomorrow as (
  select date(value, '+1 day') as day from aggregate_settings where name = 'computed_at'
),
told as (
  select 'watches' as tbl, user_id, film_id, watched_on as day from watches
  union all
  select 'ratings', user_id, film_id, rated_at from ratings
)
select told.tbl, told.user_id, told.film_id, told.day
from told
cross join tomorrow
where told.day > substr(tomorrow.day, 1, length(told.day))
order by told.tbl, told.user_id, told.film_id, told.day;
