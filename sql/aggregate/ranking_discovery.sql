-- One row per ranked group of people × film that it and the world have rated: the film's place by how much more the group
-- likes it than the world does, each measured by its own habit:
--   score = (R − mean) / spread − (R of the world − its mean) / its spread
-- Source: the difference of two standard scores (z = (x − μ) / σ, σ of the whole; e.g. Freedman, Pisani & Purves,
-- "Statistics", ch. 5). Means and spreads are of the compared films alone, so that both have rated the same.
drop table if exists ranking_discovery;
create table ranking_discovery (
  cohort_id integer not null,            -- the group
  film_id integer not null,              -- the film
  rank integer not null,                 -- place, from 1; ties by votes, then by the film's number
  score real not null,                   -- standard deviations that the group likes it more; below 0: less
  votes integer not null,                -- the group's ratings of it
  mean real not null,                    -- R: their mean, in stars
  mean_of_films real not null,           -- mean of the compared films' means
  spread real not null,                  -- their standard deviation; 0: all are alike, and the group's part of the score is 0
  world_votes integer not null,          -- public votes
  world_mean real not null,              -- their mean, of ten
  world_mean_of_films real not null,     -- mean of the compared films' public means
  world_spread real not null,            -- their standard deviation
  params text not null,                  -- parameters, as JSON
  computed_at text not null,             -- when
  primary key (cohort_id, film_id)
);
insert into ranking_discovery
with compared as (
  select
    said.*, stats.film_id, stats.ratings as v, stats.avg_rating as r, world.ratings as world_v, world.avg_rating as world_r
  from ranking_parameters as said
  join ranked_cohorts on ranked_cohorts.cohort_id = said.cohort_id and ranked_cohorts.kind <> 'world'
  join cohort_film_stats as stats on stats.cohort_id = said.cohort_id and stats.ratings > 0
  join cohort_film_stats as world on world.cohort_id = 0 and world.film_id = stats.film_id
  where (stats.ratings >= said.discovery_min_votes or stats.ratings >= ranked_cohorts.members)
    and world.ratings >= said.discovery_min_world_votes
),
means as (
  select cohort_id, avg(r) as mean, avg(world_r) as world_mean from compared group by cohort_id
),
spreads as (
  select
    means.cohort_id, means.mean, means.world_mean, sqrt(avg((r - mean) * (r - mean))) as spread,
    sqrt(avg((world_r - world_mean) * (world_r - world_mean))) as world_spread
  from means
  join compared on compared.cohort_id = means.cohort_id
  group by means.cohort_id, means.mean, means.world_mean
),
scored as (
  select
    compared.*, mean, spread, world_mean, world_spread,
    case when spread > 0 then (r - mean) / spread else 0.0 end
      - case when world_spread > 0 then (world_r - world_mean) / world_spread else 0.0 end as score
  from compared
  join spreads on spreads.cohort_id = compared.cohort_id
)
select
  cohort_id, film_id, row_number() over (partition by cohort_id order by score desc, v desc, film_id), score, v, r, mean,
  spread, world_v, world_r, world_mean, world_spread,
  '{"min_votes": ' || discovery_min_votes || ', "min_world_votes": ' || discovery_min_world_votes || '}',
  (select value from aggregate_settings where name = 'computed_at')
from scored
order by cohort_id, film_id;
