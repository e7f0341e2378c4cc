-- One row per person, kind of date and day on which something was seen: the squares of a calendar.
-- What is known by its month or year only is counted in agg_left_out.
drop table if exists agg_day;
create table agg_day (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  day text not null,                     -- day, YYYY-MM-DD
  year integer not null,                 -- its year
  month integer not null,                -- its month, 1 to 12
  weekday integer not null,              -- its weekday as in ISO 8601: 1 Monday … 7 Sunday
  day_number integer not null,           -- its Julian day number; of two days their difference is the days between
  viewings integer not null,             -- films seen on it
  discoveries integer,                   -- of these, films not known to have been seen before; null: days of ratings
  rewatches integer,                     -- of these, the others; null as before
  minutes integer,                       -- running time of those whose runtime is known; null: of none
  without_runtime integer not null,      -- films that are missing in minutes
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  primary key (user_id, dates, day)
);
insert into agg_day
select
  agg_viewings.user_id, agg_viewings.dates, agg_viewings.watched_on,
  min(agg_viewings.year), min(agg_viewings.month), min(agg_viewings.weekday), min(agg_viewings.day_number),
  count(*),
  sum(1 - agg_viewings.rewatch),
  sum(agg_viewings.rewatch),
  sum(film_details.runtime_minutes),
  count(*) - count(film_details.runtime_minutes),
  count(agg_viewings.rating),
  avg(agg_viewings.rating)
from agg_viewings
left join film_details on film_details.film_id = agg_viewings.film_id
where agg_viewings.precision = 'exact'
group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.watched_on
order by agg_viewings.user_id, agg_viewings.dates, agg_viewings.watched_on;
