-- One row per person, kind of date and year in which something was seen: a year of films in figures.
-- What has no usable year is counted in agg_left_out.
drop table if exists agg_year;
create table agg_year (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  viewings integer not null,             -- viewings
  films integer not null,                -- different films among them
  discoveries integer,                   -- viewings of a film not known to have been seen before; null: days of ratings
  rewatches integer,                     -- viewings called a rewatch, or not the film's first in the data; null as before
  days integer,                          -- different days with a viewing; null: the day of none is known
  minutes integer,                       -- running time of the viewings whose film's runtime is known; null: of none
  hours real,                            -- the same in hours
  without_runtime integer not null,      -- viewings that are missing in minutes and hours
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  mean_release_year real,                -- mean release year of the films seen, each viewing counted
  genres integer not null,               -- different genres among the films
  countries integer not null,            -- different countries
  languages integer not null,            -- different languages spoken in them
  first_on text not null,                -- first date, as far as it is known
  last_on text not null,                 -- last date, as far as it is known
  primary key (user_id, dates, year)
);
insert into agg_year
with varieties as (
  select
    agg_viewings.user_id, agg_viewings.dates, agg_viewings.year,
    count(distinct case film_chosen_lists.field when 'genres' then film_chosen_lists.value end) as genres,
    count(distinct case film_chosen_lists.field when 'countries' then film_chosen_lists.value end) as countries,
    count(distinct case film_chosen_lists.field when 'languages' then film_chosen_lists.value end) as languages
  from agg_viewings
  join film_chosen_lists on film_chosen_lists.film_id = agg_viewings.film_id
  where film_chosen_lists.field in ('genres', 'countries', 'languages')
  group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year
),
figures as (
  select
    agg_viewings.user_id, agg_viewings.dates, agg_viewings.year,
    count(*) as viewings,
    count(distinct agg_viewings.film_id) as films,
    sum(1 - agg_viewings.rewatch) as discoveries,
    sum(agg_viewings.rewatch) as rewatches,
    nullif(count(distinct agg_viewings.day_number), 0) as days,
    sum(film_details.runtime_minutes) as minutes,
    count(*) - count(film_details.runtime_minutes) as without_runtime,
    count(agg_viewings.rating) as rated,
    avg(agg_viewings.rating) as mean_rating,
    avg(film_details.release_year) as mean_release_year,
    min(agg_viewings.watched_on) as first_on,
    max(agg_viewings.watched_on) as last_on
  from agg_viewings
  left join film_details on film_details.film_id = agg_viewings.film_id
  group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year
)
select
  figures.user_id, figures.dates, figures.year, viewings, films, discoveries, rewatches, days,
  minutes, minutes / 60.0, without_runtime, rated, mean_rating, mean_release_year,
  coalesce(genres, 0), coalesce(countries, 0), coalesce(languages, 0), first_on, last_on
from figures
left join varieties
  on varieties.user_id = figures.user_id and varieties.dates = figures.dates and varieties.year = figures.year
order by figures.user_id, figures.dates, figures.year;
