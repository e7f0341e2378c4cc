-- One row per user × kind of date × job × director or actor × phase. A phase is where one person dominates: at least
-- half of ten viewings in a row, that is 5 (`phase_viewings`) within 10 (`phase_window`), and not of a single film;
-- windows that share a viewing with the person are one phase. It begins and ends with a viewing with the person. Only
-- viewings whose day is known have an order.
drop table if exists agg_person_phases;
create table agg_person_phases (
  user_id integer not null,              -- whose viewings
  dates text not null,                   -- viewing: in the order of viewings; rated: in that of the days of ratings
  job text not null,                     -- director, actor
  person_id text not null,               -- director or actor
  name text not null,                    -- name
  first_viewing integer not null,        -- number of the first among the user's viewings whose day is known, from 1
  last_viewing integer not null,         -- number of the last
  started_on text not null,              -- day of the first
  ended_on text not null,                -- day of the last
  viewings integer not null,             -- viewings with the person in it
  films integer not null,                -- different films among them
  share real not null,                   -- part of all viewings from first to last that are with the person, 0 to 1
  primary key (user_id, dates, job, person_id, first_viewing)
);
insert into agg_person_phases
with least as (
  select
    coalesce((select value from aggregate_settings where name = 'phase_window'), 10) as phase_window,
    cast(coalesce((select value from aggregate_settings where name = 'phase_viewings'), 5) as integer) as phase_viewings
),
dated as (
  select
    user_id, dates, film_id, watched_on,
    row_number() over (partition by user_id, dates order by place) as number
  from agg_viewings
  where precision = 'exact'
),
appearances as (
  select
    dated.user_id, dated.dates, credited.job, credited.person_id, credited.name, dated.film_id, dated.watched_on,
    dated.number,
    row_number() over (
      partition by dated.user_id, dated.dates, credited.job, credited.person_id order by dated.number
    ) as place
  from dated
  join film_main_credits as credited on credited.film_id = dated.film_id
),
reached as (
  select
    appearances.*, phase_viewings, phase_window,
    lag(number, phase_viewings - 1) over (partition by user_id, dates, job, person_id order by number) as window_begins
  from appearances
  cross join least
),
windows as (
  select user_id, dates, job, person_id, place - phase_viewings + 1 as first_place, place as last_place
  from reached
  where number - window_begins < phase_window
),
followed as (
  select windows.*, lag(last_place) over (partition by user_id, dates, job, person_id order by last_place) as earlier
  from windows
),
counted as (  -- a window that shares no viewing with the one before begins a phase
  select
    followed.*, sum(case when first_place <= earlier then 0 else 1 end)
      over (partition by user_id, dates, job, person_id order by last_place) as phase
  from followed
),
phases as (
  select user_id, dates, job, person_id, min(first_place) as first_place, max(last_place) as last_place
  from counted
  group by user_id, dates, job, person_id, phase
)
select
  a.user_id, a.dates, a.job, a.person_id, min(a.name), min(a.number), max(a.number), min(a.watched_on),
  max(a.watched_on), count(*), count(distinct a.film_id), 1.0 * count(*) / (max(a.number) - min(a.number) + 1)
from phases as p
join appearances as a on a.user_id = p.user_id and a.dates = p.dates and a.job = p.job and a.person_id = p.person_id
  and a.place between p.first_place and p.last_place
group by a.user_id, a.dates, a.job, a.person_id, p.first_place
having count(distinct a.film_id) > 1
order by 1, 2, 3, 4, 6;
