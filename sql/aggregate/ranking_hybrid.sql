-- One row per ranked group of people × film it has rated: the film's place by how good it is found, how many have seen it,
-- and how lately:
--   score = (R − mean) / spread + α · (ln watchers − its mean) / its spread + β · freshness
-- Source: a linear combination of standard scores, as rankings are commonly fused (J. H. Lee, "Analyses of multiple
-- evidence combination", SIGIR 1997; M. Montague & J. Aslam, CIKM 2001: zero mean, unit variance). The logarithm, because
-- watchers are spread over powers of ten. Freshness is exp(−age / τ) of the newest dated viewing (ranking_recency); 0: none.
drop table if exists ranking_hybrid;
create table ranking_hybrid (
  cohort_id integer not null,            -- the group
  film_id integer not null,              -- the film
  rank integer not null,                 -- place, from 1; ties by votes, then by the film's number
  score real not null,                   -- sum of the three parts
  votes integer not null,                -- its ratings
  mean real not null,                    -- R: their mean, in stars; of ten for the world
  mean_of_films real not null,           -- mean of the films' means
  spread real not null,                  -- their standard deviation; 0: all are alike, and that part of the score is 0
  watchers integer not null,             -- people who have seen it; for the world, votes
  log_mean real not null,                -- mean of the films' ln watchers
  log_spread real not null,              -- their standard deviation
  freshness real not null,               -- 0 to 1
  alpha real not null,                   -- α
  beta real not null,                    -- β
  params text not null,                  -- parameters, as JSON
  computed_at text not null,             -- when
  primary key (cohort_id, film_id)
);
insert into ranking_hybrid
with rated as (
  select cohort_id, film_id, ratings as v, avg_rating as r, watchers, ln(watchers) as log_watchers
  from cohort_film_stats
  where ratings > 0
),
log_means as (
  select cohort_id, avg(log_watchers) as log_mean from rated group by cohort_id
),
logs as (
  select
    log_means.cohort_id, log_mean, sqrt(avg((log_watchers - log_mean) * (log_watchers - log_mean))) as log_spread
  from log_means
  join rated on rated.cohort_id = log_means.cohort_id
  group by log_means.cohort_id, log_mean
),
parts as (
  select
    rated.*, stats.mean_of_films as mean, stats.spread_of_films as spread, log_mean, log_spread,
    coalesce(recent.freshness, 0.0) as freshness, said.hybrid_alpha as alpha, said.hybrid_beta as beta
  from rated
  join logs on logs.cohort_id = rated.cohort_id
  join cohort_stats as stats on stats.cohort_id = rated.cohort_id
  join ranking_parameters as said on said.cohort_id = rated.cohort_id
  left join ranking_recency as recent on recent.cohort_id = rated.cohort_id and recent.film_id = rated.film_id
),
scored as (
  select
    parts.*,
    case when spread > 0 then (r - mean) / spread else 0.0 end
      + alpha * case when log_spread > 0 then (log_watchers - log_mean) / log_spread else 0.0 end + beta * freshness as score
  from parts
)
select
  cohort_id, film_id, row_number() over (partition by cohort_id order by score desc, v desc, film_id), score, v, r, mean,
  spread, watchers, log_mean, log_spread, freshness, alpha, beta, '{"alpha": ' || alpha || ', "beta": ' || beta || '}',
  (select value from aggregate_settings where name = 'computed_at')
from scored
order by cohort_id, film_id;
