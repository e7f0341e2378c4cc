-- In each ranking the places go from 1 without gaps or ties, and never to a better score than that of the place before.
select ranked.cohort_id, ranked.strategy, ranked.film_id, ranked.rank, ranked.score
from (
  select
    cohort_id, strategy, film_id, rank, score,
    row_number() over (partition by cohort_id, strategy order by rank, film_id) as place,
    lag(score) over (partition by cohort_id, strategy order by rank, film_id) as score_before
  from film_rankings
) as ranked
where ranked.rank <> ranked.place or ranked.score > ranked.score_before
order by ranked.cohort_id, ranked.strategy, ranked.place;
