-- Which decades were seen most, in one year or in all, and how were they liked?
with counted as (
  select sum(viewings) as viewings
  from agg_year
  where user_id = :user_id and dates = :dates and (:year is null or year = :year)
)
select
  agg_year_decade.decade,
  sum(agg_year_decade.viewings) as viewings,
  round(1.0 * sum(agg_year_decade.viewings) / max(counted.viewings), 4) as share,
  round(sum(agg_year_decade.mean_rating * agg_year_decade.rated) / nullif(sum(agg_year_decade.rated), 0), 2) as mean_rating
from agg_year_decade
cross join counted
where agg_year_decade.user_id = :user_id and agg_year_decade.dates = :dates and (:year is null or agg_year_decade.year = :year)
group by agg_year_decade.decade
order by viewings desc, agg_year_decade.decade
limit :top;
