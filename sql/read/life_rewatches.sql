-- How many viewings were discoveries, how many of films seen before?
select
  year, viewings, viewings - rewatches as discoveries, rewatches, round(rewatch_share, 4) as share,
  round(discovery_rating, 2) as discovery_rating, round(rewatch_rating, 2) as rewatch_rating
from agg_rewatch
where user_id = :user_id and dates = :dates and (:year is null or year = :year)
order by year
limit :top;
