-- One row per person, kind of date, year and class of length of the films seen in it.
-- Up to 40 minutes a film is a short, as in the rules of the Academy Awards; the other classes are half hours.
-- Viewings of films without a known runtime are counted in agg_left_out.
drop table if exists agg_year_runtime;
create table agg_year_runtime (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  from_minutes integer not null,         -- shortest length in the class, in minutes
  to_minutes integer,                    -- longest length in the class; null: no end
  length text not null,                  -- the class in words
  viewings integer not null,             -- viewings
  share real not null,                   -- share of that year's viewings, known or not, 0 to 1
  films integer not null,                -- different films among them
  minutes integer not null,              -- running time of the viewings
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  primary key (user_id, dates, year, from_minutes)
);
insert into agg_year_runtime
with years as (
  select user_id, dates, year, count(*) as viewings
  from agg_viewings
  group by user_id, dates, year
),
lengths (from_minutes, to_minutes, length) as (
  select 1, 40, 'short, up to 40 minutes'
  union all select 41, 89, 'under 90 minutes'
  union all select 90, 119, '90 minutes to 2 hours'
  union all select 120, 149, '2 to 2 1/2 hours'
  union all select 150, 179, '2 1/2 to 3 hours'
  union all select 180, null, '3 hours and more'
)
select
  agg_viewings.user_id, agg_viewings.dates, agg_viewings.year,
  lengths.from_minutes, min(lengths.to_minutes), min(lengths.length),
  count(*),
  1.0 * count(*) / min(years.viewings),
  count(distinct agg_viewings.film_id),
  sum(film_details.runtime_minutes),
  count(agg_viewings.rating),
  avg(agg_viewings.rating)
from agg_viewings
join years
  on years.user_id = agg_viewings.user_id and years.dates = agg_viewings.dates and years.year = agg_viewings.year
join film_details on film_details.film_id = agg_viewings.film_id
join lengths
  on film_details.runtime_minutes >= lengths.from_minutes
  and film_details.runtime_minutes <= coalesce(lengths.to_minutes, film_details.runtime_minutes)
group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, lengths.from_minutes
order by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, lengths.from_minutes;
