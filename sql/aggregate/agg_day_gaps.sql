-- One row per person, kind of date and gap: days in a row, one at least, without a viewing between two days with one.
-- The time before the first and after the last day is no gap. Viewings whose day is not known may lie in one: `vague` counts
-- those whose month or year reaches into it.
drop table if exists agg_day_gaps;
create table agg_day_gaps (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  last_day text not null,                -- last day with a viewing before the gap
  next_day text not null,                -- first day with a viewing after it
  days integer not null,                 -- days between the two
  vague integer not null,                -- viewings known by month or year only that may lie in it
  place integer not null,                -- 1: the person's longest; by days, then the earlier
  primary key (user_id, dates, last_day)
);
insert into agg_day_gaps
with days as (
  select distinct user_id, dates, day_number, watched_on as day
  from agg_viewings
  where day_number is not null
),
neighbours as (
  select
    days.*,
    lead(day) over (partition by user_id, dates order by day_number) as next_day,
    lead(day_number) over (partition by user_id, dates order by day_number) - day_number - 1 as between_them
  from days
),
vague_viewings as (
  select user_id, dates, watched_on, length(watched_on) as known, count(*) as viewings
  from agg_viewings
  where day_number is null
  group by user_id, dates, watched_on
),
gaps as (
  select
    neighbours.user_id, neighbours.dates, neighbours.day, neighbours.next_day, neighbours.between_them,
    coalesce(sum(vague_viewings.viewings), 0) as vague
  from neighbours
  left join vague_viewings
    on vague_viewings.user_id = neighbours.user_id and vague_viewings.dates = neighbours.dates
    and vague_viewings.watched_on >= substr(neighbours.day, 1, vague_viewings.known)
    and vague_viewings.watched_on <= substr(neighbours.next_day, 1, vague_viewings.known)
  where neighbours.between_them > 0
  group by neighbours.user_id, neighbours.dates, neighbours.day, neighbours.next_day, neighbours.between_them
)
select
  user_id, dates, day, next_day, between_them, vague,
  row_number() over (partition by user_id, dates order by between_them desc, day)
from gaps
order by user_id, dates, day;
