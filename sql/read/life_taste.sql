-- In which genres do the stars given differ most from IMDb's rating, of ten?
select
  genre, compared, round(mean_mine, 2) as mine, round(mean_imdb, 2) as imdb, round(difference, 2) as difference,
  round(beside_others, 2) as beside_other_genres
from agg_rating_drift_genre
where user_id = :user_id
order by abs(beside_others) desc, genre
limit :top;
