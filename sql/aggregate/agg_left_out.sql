-- One row per person, kind of date, table and reason: what a table about the person's viewings does not count.
-- For every table and kind of date: what it counts and what stands here are together all that agg_dates_told holds.
drop table if exists agg_left_out;
create table agg_left_out (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: of what is told of viewings; rated: of the days of ratings; any: of the films seen
  tbl text not null,                     -- the table
  reason text not null,                  -- why they are not in it
  films integer not null,                -- different films among what is left out
  films_missing integer not null,        -- of these, films of which the table counts nothing at all
  viewings integer not null,             -- viewings (rated: days of ratings; any: films) left out
  primary key (user_id, dates, tbl, reason)
);
insert into agg_left_out
with readers (tbl, digits, about) as (  -- digits and dashes of the date each table needs, and what must be known of the film
  select 'agg_viewings', 4, '' union all select 'agg_year', 4, '' union all select 'agg_rewatch', 4, 'rewatch'
  union all select 'agg_month', 7, '' union all select 'agg_weekday', 10, '' union all select 'agg_day', 10, ''
  union all select 'agg_milestones', 10, '' union all select 'agg_day_streaks', 10, ''
  union all select 'agg_day_gaps', 10, '' union all select 'agg_person_streaks', 10, ''
  union all select 'agg_person_phases', 10, '' union all select 'agg_runtime_phases', 10, ''
  union all select 'agg_year_genre', 4, 'genre' union all select 'agg_year_country', 4, 'country'
  union all select 'agg_year_language', 4, 'language' union all select 'agg_year_decade', 4, 'decade'
  union all select 'agg_year_runtime', 4, 'runtime' union all select 'agg_rating_drift', 4, 'stars'
),
lacks (about, film_id, reason) as (  -- nobody says it, so neither does the source that is believed
  select 'genre', film_id, 'no genre is known' from films where film_id not in (select film_id from film_genres)
  union all
  select 'country', film_id, 'no country is known' from films where film_id not in (select film_id from film_countries)
  union all
  select 'language', film_id, 'no language is known' from film_details
  where original_language is null and film_id not in (select film_id from film_languages)
  union all
  select 'decade', film_id, 'no release year is known' from film_details where decade is null
  union all
  select 'runtime', film_id, 'no runtime is known' from film_details where coalesce(runtime_minutes, 0) < 1
  union all
  select 'stars', film_id, 'no rating at IMDb is known' from film_details where rating is null
  union all
  select 'people', film_id, 'no director, writer or actor is known' from films
  where film_id not in (select film_id from credits where job in ('director', 'writer', 'actor'))
),
of_dates as (
  select
    told.user_id, told.dates, readers.tbl, told.film_id,
    case
      when told.left_out is not null then told.left_out
      when length(told.told_on) < readers.digits
        then case readers.digits when 7 then 'the month is not known' else 'the day is not known' end
      when readers.about = 'stars' and coalesce(told.rating, ratings.rating) is null then 'not rated'
      else lacks.reason
    end as reason
  from agg_dates_told as told
  join readers on readers.about <> 'rewatch' or told.dates = 'viewing'
  left join ratings on ratings.user_id = told.user_id and ratings.film_id = told.film_id
  left join lacks on lacks.about = readers.about and lacks.film_id = told.film_id
),
of_films as (
  select seen_films.user_id, 'any' as dates, 'agg_people' as tbl, seen_films.film_id, lacks.reason
  from seen_films
  left join lacks on lacks.about = 'people' and lacks.film_id = seen_films.film_id
  union all
  select
    seen_films.user_id, 'any', 'agg_rating_drift_genre', seen_films.film_id,
    case when seen_films.rating is null then 'not rated' else coalesce(unrated.reason, unsorted.reason) end
  from seen_films
  left join lacks as unrated on unrated.about = 'stars' and unrated.film_id = seen_films.film_id
  left join lacks as unsorted on unsorted.about = 'genre' and unsorted.film_id = seen_films.film_id
),
judged as (
  select both_kinds.*, sum(case when reason is null then 1 else 0 end) over (partition by user_id, dates, tbl, film_id) as counted
  from (select * from of_dates union all select * from of_films) as both_kinds
)
select user_id, dates, tbl, reason, count(distinct film_id), count(distinct case when counted = 0 then film_id end), count(*)
from judged
where reason is not null
group by user_id, dates, tbl, reason
order by user_id, dates, tbl, reason;
