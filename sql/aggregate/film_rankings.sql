-- The films of every ranked group of people by every strategy: the ranking_* tables, without the numbers behind a score.
-- A view, so that one strategy can be computed anew and the others stay as they are.
drop view if exists film_rankings;
create view film_rankings as
select
  cohort_id as cohort_id,                -- whose ranking (ranked_cohorts)
  'bayesian' as strategy,                -- bayesian, wilson, discovery, recency, hybrid
  film_id as film_id,                    -- the film
  score as score,                        -- what it is ranked by; each ranking_* table says what that means
  rank as rank,                          -- place, from 1; ties by votes, then by the film's number
  params as params,                      -- parameters, as JSON
  computed_at as computed_at             -- when
from ranking_bayesian
union all
select cohort_id, 'wilson', film_id, score, rank, params, computed_at from ranking_wilson
union all
select cohort_id, 'discovery', film_id, score, rank, params, computed_at from ranking_discovery
union all
select cohort_id, 'recency', film_id, score, rank, params, computed_at from ranking_recency
union all
select cohort_id, 'hybrid', film_id, score, rank, params, computed_at from ranking_hybrid;
