-- One row per user × kind of date × job × director or actor × streak: viewings one after the other of films with the
-- same director, or with the same actor in the main cast, of two different films at least (`streak_films`). Only
-- viewings whose day is known have an order. A film of which nobody is known ends a streak like any other. Gaps and
-- islands: along a streak, a viewing's number among all and its number among the person's grow together.
drop table if exists agg_person_streaks;
create table agg_person_streaks (
  user_id integer not null,              -- whose viewings
  dates text not null,                   -- viewing: in the order of viewings; rated: in that of the days of ratings
  job text not null,                     -- director, actor
  person_id text not null,               -- director or actor
  name text not null,                    -- name
  first_viewing integer not null,        -- number of the first among the user's viewings whose day is known, from 1
  last_viewing integer not null,         -- number of the last
  started_on text not null,              -- day of the first
  ended_on text not null,                -- day of the last
  viewings integer not null,             -- viewings in the streak
  films integer not null,                -- different films in it
  primary key (user_id, dates, job, person_id, first_viewing)
);
insert into agg_person_streaks
with dated as (
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
    dated.number - row_number() over (
      partition by dated.user_id, dated.dates, credited.job, credited.person_id order by dated.number
    ) as streak
  from dated
  join film_main_credits as credited on credited.film_id = dated.film_id
)
select
  user_id, dates, job, person_id, min(name), min(number), max(number), min(watched_on), max(watched_on),
  count(*), count(distinct film_id)
from appearances
group by user_id, dates, job, person_id, streak
having count(distinct film_id) >= coalesce((select value from aggregate_settings where name = 'streak_films'), 2)
order by 1, 2, 3, 4, 6;
