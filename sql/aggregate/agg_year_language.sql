-- One row per person, kind of date, year and language of the films seen in it, spoken or original.
-- A film of several languages counts in each of them, so shares of a year add up to more than 1.
-- Viewings of films without a known language are counted in agg_left_out.
drop table if exists agg_year_language;
create table agg_year_language (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  language text not null,                -- language, in the words of the source that is believed
  viewings integer not null,             -- viewings of films in which it is spoken, or whose original language it is
  share real not null,                   -- share of that year's viewings, 0 to 1
  as_original integer not null,          -- viewings of films whose original language it is; a film has one
  films integer not null,                -- different films among them
  minutes integer,                       -- running time of the viewings whose film's runtime is known; null: of none
  without_runtime integer not null,      -- viewings that are missing in minutes
  rated integer not null,                -- viewings that came with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  primary key (user_id, dates, year, language)
);
insert into agg_year_language
with years as (
  select user_id, dates, year, count(*) as viewings
  from agg_viewings
  group by user_id, dates, year
),
languages_of as (
  select film_id, value as language from film_chosen_lists where field = 'languages'
  union
  select film_id, original_language from film_details where original_language is not null
)
select
  agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, languages_of.language,
  count(*),
  1.0 * count(*) / min(years.viewings),
  sum(case when film_details.original_language = languages_of.language then 1 else 0 end),
  count(distinct agg_viewings.film_id),
  sum(film_details.runtime_minutes),
  count(*) - count(film_details.runtime_minutes),
  count(agg_viewings.rating),
  avg(agg_viewings.rating)
from agg_viewings
join years
  on years.user_id = agg_viewings.user_id and years.dates = agg_viewings.dates and years.year = agg_viewings.year
join languages_of on languages_of.film_id = agg_viewings.film_id
left join film_details on film_details.film_id = agg_viewings.film_id
group by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, languages_of.language
order by agg_viewings.user_id, agg_viewings.dates, agg_viewings.year, languages_of.language;
