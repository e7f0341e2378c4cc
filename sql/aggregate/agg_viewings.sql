-- One row per person, kind of date, film and date: the viewings that everything about a life in films reads.
-- dates = 'viewing' are dates of viewings, of which a film may have several; dates = 'rated' are days of ratings, one for
-- each film, which was seen then or before. Both are there for whoever has both: choose one, never add them up.
-- Which date counts, and what is told twice, is decided in agg_dates_told; what is left out is counted in agg_left_out.
drop table if exists agg_viewings;
create table agg_viewings (
  user_id integer not null,              -- the person
  dates text not null check (dates in ('viewing', 'rated')), -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  film_id integer not null,              -- the film
  watched_on text not null,              -- the date: YYYY-MM-DD, YYYY-MM or YYYY
  precision text not null,               -- what it is worth: exact, month, year
  year integer not null,                 -- its year
  month integer,                         -- its month, 1 to 12; null: only the year is known
  day_number integer,                    -- Julian day number of an exact date; of two days their difference is the days between
  weekday integer,                       -- weekday of an exact date as in ISO 8601: 1 Monday … 7 Sunday
  known_viewing integer not null,        -- 1: first viewing of the film in the data, 2: the second …
  told_rewatch integer not null,         -- 1: a file calls it a rewatch
  rewatch integer,                       -- 1: called a rewatch, or not the first in the data; null: a day of rating cannot say
  rating real,                           -- stars given with this viewing, 0.5 to 5
  place integer not null,                -- the person's 1st, 2nd … viewing by date; within a day as in the imported file
  primary key (user_id, dates, film_id, watched_on)
);
insert into agg_viewings
with counted as (
  select
    agg_dates_told.*,
    cast(substr(told_on, 1, 4) as integer) as year,
    case when length(told_on) >= 7 then cast(substr(told_on, 6, 2) as integer) end as month,
    case when length(told_on) = 10 then cast(substr(told_on, 9, 2) as integer) end as day
  from agg_dates_told
  where left_out is null
),
from_march as (  -- a year that begins in March has its leap day at its end
  select
    counted.*,
    case when month <= 2 then year + 4799 else year + 4800 end as years,
    case when month <= 2 then month + 9 else month - 3 end as months
  from counted
),
numbered as (
  -- Fliegel and van Flandern, Communications of the ACM 11 (1968), 657, counted from March as in the Explanatory Supplement
  -- to the Astronomical Almanac (1992), 604: day + (153 m + 2) / 5 + 365 y + y / 4 - y / 100 + y / 400 - 32045, in whole
  -- numbers; (a - a % n) / n is that division in every SQL. Day 0 was a Monday
  select
    from_march.*,
    day + (153 * months + 2 - (153 * months + 2) % 5) / 5 + 365 * years + (years - years % 4) / 4
      - (years - years % 100) / 100 + (years - years % 400) / 400 - 32045 as day_number
  from from_march
),
placed as (
  select
    numbered.*,
    row_number() over (partition by user_id, dates, film_id order by told_on) as known_viewing,
    row_number() over (partition by user_id, dates order by told_on, entry_id, film_id) as place
  from numbered
)
select
  user_id, dates, film_id, told_on, precision, year, month, day_number,
  day_number % 7 + 1,
  known_viewing, rewatch, case when dates = 'rated' then null when rewatch = 1 or known_viewing > 1 then 1 else 0 end,
  rating, place
from placed
order by user_id, dates, place;
