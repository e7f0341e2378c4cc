-- What is the ranking of one cohort by one strategy, best first, from a score on?
select
  film_rankings.rank,
  film_rankings.score,
  film_details.title,
  film_details.release_year,
  film_details.directors,
  film_details.genres,
  film_details.countries,
  film_details.runtime_minutes,
  film_details.rating as imdb_rating,
  film_details.votes as imdb_votes,
  film_details.tmdb_rating,
  film_details.tmdb_votes,
  film_details.imdb_id,
  film_details.tmdb_id,
  film_rankings.film_id,
  film_rankings.strategy,
  ranked_cohorts.label as cohort,
  film_rankings.params,
  film_rankings.computed_at
from film_rankings
join ranked_cohorts on ranked_cohorts.cohort_id = film_rankings.cohort_id
left join film_details on film_details.film_id = film_rankings.film_id
where film_rankings.strategy = :strategy
  and ranked_cohorts.label = :cohort
  and (:min_score is null or film_rankings.score >= :min_score)
order by film_rankings.rank, film_rankings.film_id;
