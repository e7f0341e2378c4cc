-- Whose rankings are there? The world first, then cohorts, then persons; with the films that each has by each strategy.
select
  ranked_cohorts.cohort_id,
  ranked_cohorts.label,
  ranked_cohorts.kind,
  ranked_cohorts.members,
  ranked_cohorts.scale,
  film_rankings.strategy,
  count(film_rankings.film_id) as films
from ranked_cohorts
left join film_rankings on film_rankings.cohort_id = ranked_cohorts.cohort_id
group by
  ranked_cohorts.cohort_id, ranked_cohorts.label, ranked_cohorts.kind, ranked_cohorts.members, ranked_cohorts.scale,
  film_rankings.strategy
order by
  case ranked_cohorts.kind when 'world' then 0 when 'cohort' then 1 else 2 end, ranked_cohorts.label, film_rankings.strategy;
