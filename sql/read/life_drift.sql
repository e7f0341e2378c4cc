-- How far from IMDb's rating were the stars given, of ten, year by year?
select
  year, compared, round(mean_mine, 2) as mine, round(mean_imdb, 2) as imdb, round(difference, 2) as difference,
  round(distance, 2) as distance
from agg_rating_drift
where user_id = :user_id and dates = :dates and (:year is null or year = :year)
order by year
limit :top;
