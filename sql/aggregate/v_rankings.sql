-- The rankings in words: whose, by which strategy, which film. A score is in stars for people and of ten for the world,
-- except: wilson a share from 0 to 1, discovery and hybrid in standard deviations.
drop view if exists v_rankings;
create view v_rankings as
select
  ranked_cohorts.label as cohort,        -- whose ranking: world, a cohort, a person
  film_rankings.strategy as strategy,    -- bayesian, wilson, discovery, recency, hybrid
  film_rankings.rank as rank,            -- place, from 1
  film_rankings.score as score,          -- what it is ranked by
  film_details.title as title,           -- title
  film_details.release_year as release_year, -- year
  film_details.imdb_id as imdb_id,       -- IMDb id
  film_rankings.film_id as film_id,      -- the film
  film_rankings.params as params,        -- parameters, as JSON
  film_rankings.computed_at as computed_at -- when
from film_rankings
join ranked_cohorts on ranked_cohorts.cohort_id = film_rankings.cohort_id
left join film_details on film_details.film_id = film_rankings.film_id;
