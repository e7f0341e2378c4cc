-- Which films has a ranking, best first (:top of them, or all)? With the stars that a person (:user_id) gave each.
select
  film_rankings.film_id,
  film_rankings.rank,
  film_rankings.score,
  film_rankings.params,
  film_rankings.computed_at,
  film_details.title,
  film_details.release_year,
  film_details.imdb_id,
  ratings.rating as mine
from film_rankings
left join film_details on film_details.film_id = film_rankings.film_id
left join ratings on ratings.film_id = film_rankings.film_id and ratings.user_id = :user_id
where film_rankings.strategy = :strategy
  and film_rankings.cohort_id = :cohort_id
  and (:top is null or film_rankings.rank <= :top)
order by film_rankings.rank;
