-- One row per thing a person's files tell about having seen a film, with its date, and why that date does not count.
-- dates = 'viewing': every viewing told, with the date of the viewing. dates = 'rated': every film seen or rated, with its
-- first known day of rating, on which it had been seen; whoever has no more than a file of ratings has only that.
-- The people are those of ranked_cohorts; raters imported as a cohort are not looked at one by one.
-- needs: watches
drop table if exists agg_dates_told;
create table agg_dates_told (
  user_id integer not null,              -- the person
  dates text not null check (dates in ('viewing', 'rated')), -- viewing: dates of viewings; rated: days of ratings. Never to be added up
  film_id integer not null,              -- the film
  told_id integer not null,              -- number of the viewing (watches.watch_id); 0: the day of rating of the film
  told_on text,                          -- the date as told: YYYY-MM-DD, YYYY-MM or YYYY
  precision text not null,               -- exact, month, year: what the date is worth; else rated, unknown
  rewatch integer not null,              -- 1: a file calls it a rewatch
  rating real,                           -- stars given with it, 0.5 to 5
  entry_id integer not null,             -- imported row (import_entries), for the order within a day; 0: none
  left_out text,                         -- why it does not count; null: it counts
  primary key (user_id, dates, film_id, told_id)
);
insert into agg_dates_told
with persons as (
  select -cohort_id as user_id from ranked_cohorts where kind = 'person'
),
seen as (
  select
    watches.user_id, watches.film_id, watches.watch_id, watches.precision, watches.rewatch, watches.rating,
    coalesce(watches.entry_id, 0) as entry_id,
    substr(watches.watched_on, 1, case watches.precision when 'month' then 7 when 'year' then 4 else 10 end) as told_on
  from persons
  join watches on watches.user_id = persons.user_id
),
rating_days as (
  select user_id, film_id, case precision when 'rated' then told_on end as told_on, 0 as entry_id, null as rating
  from seen
  union all
  select ratings.user_id, ratings.film_id, substr(ratings.rated_at, 1, 10), 0, ratings.rating
  from persons
  join ratings on ratings.user_id = persons.user_id
  where ratings.rating is not null
),
told as (
  select user_id, 'viewing' as dates, film_id, watch_id as told_id, told_on, precision, rewatch, rating, entry_id
  from seen
  union all
  select
    user_id, 'rated', film_id, 0, told_on,
    case length(told_on) when 10 then 'exact' when 7 then 'month' when 4 then 'year' else 'unknown' end,
    0, rating, 0
  from (  -- the earliest; of a year or month and a day in it, the day
    select
      user_id, film_id, max(rating) as rating,
      rtrim(min(told_on || substr('~~~~~~~~~~', length(told_on) + 1)), '~') as told_on
    from rating_days
    group by user_id, film_id
  ) as first_days
),
dated as (
  select told.*, case when precision in ('exact', 'month', 'year') and length(told_on) in (4, 7, 10) then told_on end as day
  from told
),
compared as (  -- what is told of one date twice, or vaguely where it is told exactly too, is one viewing
  select
    dated.*,
    max(rewatch) over (partition by user_id, dates, film_id, day) as any_rewatch,
    row_number() over (partition by user_id, dates, film_id, day order by rating is null, entry_id, told_id) as telling,
    max(length(day)) over (partition by user_id, dates, film_id, substr(day, 1, 7)) as best_of_month,
    max(length(day)) over (partition by user_id, dates, film_id, substr(day, 1, 4)) as best_of_year
  from dated
)
select
  compared.user_id, compared.dates, compared.film_id, told_id, told_on, precision, any_rewatch, rating, entry_id,
  case
    when films.media_type <> 'movie' and films.followed = 0 then 'no film, and not followed'
    when day is null and dates = 'viewing' and precision = 'rated' then 'day of rating, not of viewing'
    when day is null then case dates when 'viewing' then 'no date of a viewing' else 'no day of a rating' end
    when day > substr((select value from aggregate_settings where name = 'computed_at'), 1, length(day))
      then 'a date that is still to come'
    when telling > 1 then 'the same viewing told twice'
    when length(day) = 7 and best_of_month > 7 or length(day) = 4 and best_of_year > 4 then 'told with a more exact date too'
  end
from compared
join films on films.film_id = compared.film_id
order by compared.user_id, dates, compared.film_id, told_id;
