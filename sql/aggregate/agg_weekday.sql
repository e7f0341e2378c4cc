-- One row per person, kind of date, year and weekday on which something was seen.
-- What is known by its month or year only is counted in agg_left_out.
drop table if exists agg_weekday;
create table agg_weekday (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  weekday integer not null,              -- as in ISO 8601: 1 Monday … 7 Sunday
  name text not null,                    -- its name
  viewings integer not null,             -- viewings
  share real not null,                   -- share of that year's viewings with a known day, 0 to 1
  days integer not null,                 -- different days among them
  minutes integer,                       -- running time of the viewings whose film's runtime is known; null: of none
  without_runtime integer not null,      -- viewings that are missing in minutes
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  primary key (user_id, dates, year, weekday)
);
insert into agg_weekday
with weekdays as (
  select
    agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, agg_viewings.weekday,
    count(*) as viewings,
    count(distinct agg_viewings.day_number) as days,
    sum(film_details.runtime_minutes) as minutes,
    count(*) - count(film_details.runtime_minutes) as without_runtime,
    count(agg_viewings.rating) as rated,
    avg(agg_viewings.rating) as mean_rating
  from agg_viewings
  left join film_details on film_details.film_id = agg_viewings.film_id
  where agg_viewings.weekday is not null
  group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, agg_viewings.weekday
)
select
  user_id, dates, year, weekday,
  case weekday
    when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday' when 4 then 'Thursday' when 5 then 'Friday'
    when 6 then 'Saturday' else 'Sunday'
  end,
  viewings, 1.0 * viewings / sum(viewings) over (partition by user_id, dates, year),
  days, minutes, without_runtime, rated, mean_rating
from weekdays
order by user_id, dates, year, weekday;
