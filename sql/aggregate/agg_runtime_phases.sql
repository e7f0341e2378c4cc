-- One row per user × kind of date × phase of long or short films: viewings one after the other, three at least
-- (`runtime_phase`), of films of 140 minutes and more (`long_minutes`), or of 90 and less (`short_minutes`). Only
-- viewings whose day is known have an order; a film of unknown length ends a phase.
drop table if exists agg_runtime_phases;
create table agg_runtime_phases (
  user_id integer not null,              -- whose viewings
  dates text not null,                   -- viewing: in the order of viewings; rated: in that of the days of ratings
  first_viewing integer not null,        -- number of the first among the user's viewings whose day is known, from 1
  last_viewing integer not null,         -- number of the last
  kind text not null check (kind in ('long', 'short')), -- long, short
  started_on text not null,              -- day of the first
  ended_on text not null,                -- day of the last
  viewings integer not null,             -- viewings in it
  films integer not null,                -- different films among them
  minutes integer not null,              -- their length together
  mean_minutes real not null,            -- their mean length
  primary key (user_id, dates, first_viewing)
);
insert into agg_runtime_phases
with lengths as (
  select
    coalesce((select value from aggregate_settings where name = 'long_minutes'), 140) as long_minutes,
    coalesce((select value from aggregate_settings where name = 'short_minutes'), 90) as short_minutes
),
dated as (
  select
    agg_viewings.user_id, agg_viewings.dates, agg_viewings.film_id, agg_viewings.watched_on,
    film_details.runtime_minutes,
    row_number() over (partition by agg_viewings.user_id, agg_viewings.dates order by agg_viewings.place) as number
  from agg_viewings
  left join film_details on film_details.film_id = agg_viewings.film_id
  where agg_viewings.precision = 'exact'
),
measured as (
  select
    dated.*,
    case when runtime_minutes >= long_minutes then 'long' when runtime_minutes <= short_minutes then 'short' end as kind
  from dated
  cross join lengths
),
runs as (
  select measured.*, number - row_number() over (partition by user_id, dates, kind order by number) as phase
  from measured
  where kind is not null
)
select
  user_id, dates, min(number), max(number), kind, min(watched_on), max(watched_on),
  count(*), count(distinct film_id), sum(runtime_minutes), avg(runtime_minutes)
from runs
group by user_id, dates, kind, phase
having count(*) >= coalesce((select value from aggregate_settings where name = 'runtime_phase'), 3)
order by 1, 2, 3;
