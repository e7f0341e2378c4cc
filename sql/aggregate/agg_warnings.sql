-- One row per user × kind of date × period × topic of content warnings: in how many of the films seen it happens. A
-- year counts viewings, or first ratings, whose year is known; `all`: everything seen, with any date or none. Likely
-- and certain as in film_warnings. A topic stands there where somebody voted about it for one of the films.
-- needs: content_warnings
drop table if exists agg_warnings;
create table agg_warnings (
  user_id integer not null,              -- who saw the films
  dates text not null,                   -- viewing, rated (the year of the rating); any for all
  period text not null,                  -- year (YYYY), or all
  topic text not null,                   -- the question ("a dog dies")
  films integer not null,                -- different films seen
  films_voted integer not null,          -- of these, films about which somebody voted
  films_likely integer not null,         -- films where more people say yes than no
  films_certain integer not null,        -- films with 20 votes at least and more than 80 % yes
  share_likely real not null,            -- films_likely of films, 0 to 1
  share_certain real not null,           -- films_certain of films, 0 to 1
  primary key (user_id, dates, period, topic)
);
insert into agg_warnings
with seen as (
  select user_id, 'any' as dates, 'all' as period, film_id from seen_films
  union all
  select distinct user_id, dates, substr(watched_on, 1, 4), film_id from agg_viewings
),
films_seen as (
  select user_id, dates, period, count(*) as films from seen group by user_id, dates, period
),
told as (
  select
    seen.user_id, seen.dates, seen.period, film_warnings.topic,
    sum(film_warnings.voted) as voted, sum(film_warnings.likely) as likely, sum(film_warnings.certain) as certain
  from seen
  join film_warnings on film_warnings.film_id = seen.film_id
  group by seen.user_id, seen.dates, seen.period, film_warnings.topic
)
select
  told.user_id, told.dates, told.period, told.topic, films_seen.films, told.voted, told.likely, told.certain,
  1.0 * told.likely / films_seen.films, 1.0 * told.certain / films_seen.films
from told
join films_seen
  on films_seen.user_id = told.user_id and films_seen.dates = told.dates and films_seen.period = told.period
where told.voted > 0
order by 1, 2, 3, 4;
