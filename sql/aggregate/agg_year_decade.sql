-- One row per person, kind of date, year and decade in which the films seen in it came out.
-- Viewings of films without a known release year are counted in agg_left_out.
drop table if exists agg_year_decade;
create table agg_year_decade (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  decade integer not null,               -- first year of the decade: 1990
  viewings integer not null,             -- viewings
  share real not null,                   -- share of that year's viewings, known or not, 0 to 1
  films integer not null,                -- different films among them
  minutes integer,                       -- running time of the viewings whose film's runtime is known; null: of none
  without_runtime integer not null,      -- viewings that are missing in minutes
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  primary key (user_id, dates, year, decade)
);
insert into agg_year_decade
with years as (
  select user_id, dates, year, count(*) as viewings
  from agg_viewings
  group by user_id, dates, year
)
select
  agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, film_details.decade,
  count(*),
  1.0 * count(*) / min(years.viewings),
  count(distinct agg_viewings.film_id),
  sum(film_details.runtime_minutes),
  count(*) - count(film_details.runtime_minutes),
  count(agg_viewings.rating),
  avg(agg_viewings.rating)
from agg_viewings
join years
  on years.user_id = agg_viewings.user_id and years.dates = agg_viewings.dates and years.year = agg_viewings.year
join film_details on film_details.film_id = agg_viewings.film_id
where film_details.decade is not null
group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, film_details.decade
order by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, film_details.decade;
