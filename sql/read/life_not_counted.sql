-- How many films were seen, and of how many of them does no year count?
select
  count(*) as films,
  sum(case when counted.film_id is null then 1 else 0 end) as not_counted
from seen_films
left join (
  select distinct film_id from agg_viewings where user_id = :user_id and dates = :dates
) as counted on counted.film_id = seen_films.film_id
where seen_films.user_id = :user_id;
