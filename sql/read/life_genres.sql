-- Which genres were seen most, in one year or in all, and how were they liked?
with counted as (
  select sum(viewings) as viewings
  from agg_year
  where user_id = :user_id and dates = :dates and (:year is null or year = :year)
)
select
  agg_year_genre.genre,
  sum(agg_year_genre.viewings) as viewings,
  round(1.0 * sum(agg_year_genre.viewings) / max(counted.viewings), 4) as share,
  round(sum(agg_year_genre.mean_rating * agg_year_genre.rated) / nullif(sum(agg_year_genre.rated), 0), 2) as mean_rating
from agg_year_genre
cross join counted
where agg_year_genre.user_id = :user_id and agg_year_genre.dates = :dates and (:year is null or agg_year_genre.year = :year)
group by agg_year_genre.genre
order by viewings desc, agg_year_genre.genre
limit :top;
