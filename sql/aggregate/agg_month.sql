-- One row per person, kind of date and month in which something was seen.
-- What is known by its year only is counted in agg_left_out.
drop table if exists agg_month;
create table agg_month (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  month integer not null,                -- month, 1 to 12
  viewings integer not null,             -- viewings
  films integer not null,                -- different films among them
  discoveries integer,                   -- viewings of a film not known to have been seen before; null: days of ratings
  rewatches integer,                     -- viewings called a rewatch, or not the film's first in the data; null as before
  minutes integer,                       -- running time of the viewings whose film's runtime is known; null: of none
  hours real,                            -- the same in hours
  without_runtime integer not null,      -- viewings that are missing in minutes and hours
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  primary key (user_id, dates, year, month)
);
insert into agg_month
select
  agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, agg_viewings.month,
  count(*),
  count(distinct agg_viewings.film_id),
  sum(1 - agg_viewings.rewatch),
  sum(agg_viewings.rewatch),
  sum(film_details.runtime_minutes),
  sum(film_details.runtime_minutes) / 60.0,
  count(*) - count(film_details.runtime_minutes),
  count(agg_viewings.rating),
  avg(agg_viewings.rating)
from agg_viewings
left join film_details on film_details.film_id = agg_viewings.film_id
where agg_viewings.month is not null
group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, agg_viewings.month
order by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, agg_viewings.month;
