-- Which rankings are there, and whose?
select distinct film_rankings.strategy, ranked_cohorts.label
from film_rankings
join ranked_cohorts on ranked_cohorts.cohort_id = film_rankings.cohort_id
order by film_rankings.strategy, ranked_cohorts.cohort_id;
