-- Which countries were seen most, in one year or in all, and how were they liked?
with counted as (
  select sum(viewings) as viewings
  from agg_year
  where user_id = :user_id and dates = :dates and (:year is null or year = :year)
)
select
  agg_year_country.country,
  sum(agg_year_country.viewings) as viewings,
  round(1.0 * sum(agg_year_country.viewings) / max(counted.viewings), 4) as share,
  round(sum(agg_year_country.mean_rating * agg_year_country.rated) / nullif(sum(agg_year_country.rated), 0), 2) as mean_rating
from agg_year_country
cross join counted
where agg_year_country.user_id = :user_id and agg_year_country.dates = :dates and (:year is null or agg_year_country.year = :year)
group by agg_year_country.country
order by viewings desc, agg_year_country.country
limit :top;
