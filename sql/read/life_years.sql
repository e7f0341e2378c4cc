-- What was each year, or one of them, in figures?
select
  year, viewings, films, discoveries, rewatches, days, hours, without_runtime, rated, round(mean_rating, 2) as mean_rating,
  cast(round(mean_release_year) as integer) as mean_release_year, genres, countries, languages, first_on, last_on
from agg_year
where user_id = :user_id and dates = :dates and (:year is null or year = :year)
order by year;
