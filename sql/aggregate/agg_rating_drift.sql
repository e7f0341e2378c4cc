-- One row per person, kind of date and year: how far the person's stars lay from IMDb's rating then.
-- Stars are brought to IMDb's scale of ten by doubling them, as Letterboxd does (Rating10, letterboxd.com/about/importing-data);
-- difference = 2 × stars - IMDb's rating as it is now: what IMDb's voters thought then is not known.
-- Each viewing counts with the stars given with it, else with the person's stars for the film.
-- needs: scores
drop table if exists agg_rating_drift;
create table agg_rating_drift (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings; rated: days of ratings (seen then or before)
  year integer not null,                 -- year
  compared integer not null,             -- viewings with the person's stars and IMDb's rating
  mean_mine real not null,               -- mean of the person's, of 10
  mean_imdb real not null,               -- mean of IMDb's for the same films, of 10
  difference real not null,              -- mean of the person's less IMDb's; above 0: kinder than IMDb's voters
  distance real not null,                -- mean distance, whichever way
  kinder integer not null,               -- viewings rated above IMDb's
  harsher integer not null,              -- viewings rated below IMDb's
  difference_until real not null,        -- mean difference of all viewings up to the end of this year
  primary key (user_id, dates, year)
);
insert into agg_rating_drift
with compared as (
  select
    agg_viewings.user_id, agg_viewings.dates, agg_viewings.year,
    2 * coalesce(agg_viewings.rating, ratings.rating) as mine,
    film_details.rating as imdb
  from agg_viewings
  join film_details on film_details.film_id = agg_viewings.film_id
  left join ratings on ratings.user_id = agg_viewings.user_id and ratings.film_id = agg_viewings.film_id
  where film_details.rating is not null and coalesce(agg_viewings.rating, ratings.rating) is not null
),
years as (
  select
    user_id, dates, year, count(*) as viewings, sum(mine) as mine, sum(imdb) as imdb,
    sum(mine - imdb) as difference, sum(abs(mine - imdb)) as distance,
    sum(case when mine > imdb then 1 else 0 end) as kinder,
    sum(case when mine < imdb then 1 else 0 end) as harsher
  from compared
  group by user_id, dates, year
)
select
  user_id, dates, year, viewings, mine / viewings, imdb / viewings, difference / viewings, distance / viewings,
  kinder, harsher,
  sum(difference) over until_then / sum(viewings) over until_then
from years
window until_then as (partition by user_id, dates order by year)
order by user_id, dates, year;
