-- One row per person, kind of date and streak: days in a row, two at least, with a viewing on each.
-- Gaps and islands: in a streak a day's Julian number and its place among the person's days grow together.
-- Viewings whose day is not known are counted in agg_left_out; they may have filled a day between two streaks.
drop table if exists agg_day_streaks;
create table agg_day_streaks (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  first_day text not null,               -- first day
  last_day text not null,                -- last day
  days integer not null,                 -- days from the first to the last
  viewings integer not null,             -- viewings on them
  place integer not null,                -- 1: the person's longest; by days, then viewings, then the earlier
  primary key (user_id, dates, first_day)
);
insert into agg_day_streaks
with days as (
  select user_id, dates, day_number, min(watched_on) as day, count(*) as viewings
  from agg_viewings
  where day_number is not null
  group by user_id, dates, day_number
),
islands as (
  select days.*, day_number - row_number() over (partition by user_id, dates order by day_number) as island
  from days
),
streaks as (
  select
    user_id, dates, min(day) as first_day, max(day) as last_day, count(*) as days, sum(viewings) as viewings
  from islands
  group by user_id, dates, island
  having count(*) >= 2
)
select
  user_id, dates, first_day, last_day, days, viewings,
  row_number() over (partition by user_id, dates order by days desc, viewings desc, first_day)
from streaks
order by user_id, dates, first_day;
