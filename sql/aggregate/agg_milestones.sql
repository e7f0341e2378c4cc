-- One row per person, kind of date, thing counted and milestone: the 1st, 50th, 100th, 250th, 500th … film or viewing.
-- Only viewings whose day is known have a place in the count; the others are counted in agg_left_out, and are why the
-- 100th here may have been the 110th in truth. Within a day the order is that of the imported file.
drop table if exists agg_milestones;
create table agg_milestones (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  counted text not null check (counted in ('films', 'viewings')), -- films: each once, when first seen; viewings: all (not of days of ratings)
  number integer not null,               -- the milestone: 1, 50, 100, 250, 500, and every 500 from there
  day text not null,                     -- day it was reached
  film_id integer not null,              -- the film it was reached with
  title text,                            -- its title
  release_year integer,                  -- its year
  rating real,                           -- stars given with that viewing, 0.5 to 5
  days_since_last integer,               -- days since the milestone before; null: it is the first
  primary key (user_id, dates, counted, number)
);
insert into agg_milestones
with dated as (
  select
    agg_viewings.*,
    row_number() over (partition by user_id, dates, film_id order by watched_on) as time_seen
  from agg_viewings
  where precision = 'exact'
),
numbered as (
  select dated.*, 'viewings' as counted, row_number() over (partition by user_id, dates order by place) as number
  from dated
  where dates = 'viewing'
  union all
  select dated.*, 'films', row_number() over (partition by user_id, dates order by place)
  from dated
  where time_seen = 1
)
select
  user_id, dates, counted, number, watched_on, numbered.film_id, film_details.title, film_details.release_year,
  numbered.rating, day_number - lag(day_number) over (partition by user_id, dates, counted order by number)
from numbered
left join film_details on film_details.film_id = numbered.film_id
where number in (1, 50, 100, 250) or number % 500 = 0
order by user_id, dates, counted, number;
