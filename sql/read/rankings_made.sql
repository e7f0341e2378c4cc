-- How many films does each ranking hold?
select strategy, count(distinct film_id) as films
from film_rankings
group by strategy
order by strategy;
