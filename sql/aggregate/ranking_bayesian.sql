-- One row per ranked group of people × film it has rated: the film's place by its mean, drawn towards the mean of all by
-- the weight of m votes:  score = v / (v + m) · R + m / (v + m) · C
-- Source: the weighted rating that IMDb published for its Top 250 (help.imdb.com, "weighted average ratings"); it is the
-- posterior mean of a normal mean whose prior, C, is worth m observations (Gelman et al., Bayesian Data Analysis, 2.5).
-- A percentile p makes m the p-quantile of the films' votes, interpolated (Hyndman & Fan 1996, type 7: numpy's and R's):
-- with the n films in order from 0, each within one place of p · (n − 1) counts by how near it is.
drop table if exists ranking_bayesian;
create table ranking_bayesian (
  cohort_id integer not null,            -- the group
  film_id integer not null,              -- the film
  rank integer not null,                 -- place, from 1; ties by votes, then by the film's number
  score real not null,                   -- weighted rating, in stars; of ten for the world
  votes integer not null,                -- v: its ratings
  mean real not null,                    -- R: their mean
  m real not null,                       -- m: votes that the mean of all is worth
  mean_of_all real not null,             -- C: the mean of all
  params text not null,                  -- parameters, as JSON
  computed_at text not null,             -- when
  primary key (cohort_id, film_id)
);
insert into ranking_bayesian
with asked as (
  select
    said.*, stats.films, stats.mean_of_ratings, stats.mean_of_films,
    case said.bayesian_unvoted when 1 then stats.unrated_films else 0 end as zeros
  from ranking_parameters as said
  join cohort_stats as stats on stats.cohort_id = said.cohort_id
  where stats.films > 0
),
in_order as (  -- of the films without a vote, which come first, only the number matters
  select
    asked.cohort_id, stats.ratings as votes,
    asked.zeros + row_number() over (partition by asked.cohort_id order by stats.ratings, stats.film_id) - 1 as place,
    asked.bayesian_percentile * (asked.zeros + asked.films - 1) as wanted
  from asked
  join cohort_film_stats as stats on stats.cohort_id = asked.cohort_id and stats.ratings > 0
  where asked.bayesian_percentile > 0
),
quantiles as (
  select cohort_id, sum(votes * (1 - abs(place - wanted))) as m
  from in_order
  where abs(place - wanted) < 1
  group by cohort_id
),
weights as (
  select
    asked.*, case when bayesian_percentile > 0 then coalesce(quantiles.m, 0.0) else bayesian_m end as m,
    case bayesian_mean_of when 'films' then mean_of_films * films / (films + zeros) else mean_of_ratings end as c
  from asked
  left join quantiles on quantiles.cohort_id = asked.cohort_id
),
scored as (
  select
    weights.*, stats.film_id, stats.ratings as v, stats.avg_rating as r,
    stats.ratings / (stats.ratings + m) * stats.avg_rating + m / (stats.ratings + m) * c as score
  from weights
  join cohort_film_stats as stats on stats.cohort_id = weights.cohort_id and stats.ratings > 0
  where weights.bayesian_percentile = 0 or stats.ratings >= weights.m - 0.000001  -- a whole number, one interpolated
)
select
  cohort_id, film_id, row_number() over (partition by cohort_id order by score desc, v desc, film_id), score, v, r, m, c,
  '{"m": ' || m || ', "percentile": ' || bayesian_percentile || ', "mean_of": "' || bayesian_mean_of
    || '", "unvoted": ' || bayesian_unvoted || '}',
  (select value from aggregate_settings where name = 'computed_at')
from scored
order by cohort_id, film_id;
