-- One row per ranked group of people: the parameters of its rankings, its own ([cohorts.LABEL.ranking.STRATEGY] in
-- config.toml) or everybody's ([ranking.STRATEGY]).
drop table if exists ranking_parameters;
create table ranking_parameters (
  cohort_id integer primary key,         -- the group
  bayesian_m real not null,              -- votes at which a film's mean counts as much as the mean of all
  bayesian_percentile real not null,     -- above 0: m is this quantile of the films' votes, and a film needs m votes
  bayesian_mean_of text not null check (bayesian_mean_of in ('ratings', 'films')), -- mean of all: of all ratings, or of the films' means
  bayesian_unvoted integer not null check (bayesian_unvoted in (0, 1)), -- 1: films without a vote count in that mean and quantile, as 0
  wilson_positive real not null,         -- stars from which a rating is positive
  wilson_z real not null,                -- standard deviations of the interval: 1.96 is one of 95 %
  wilson_min_ratings integer not null,   -- ratings that a film needs
  discovery_min_votes integer not null,  -- the group's ratings that a film needs (a smaller group: everybody's)
  discovery_min_world_votes integer not null, -- public votes that a film needs
  recency_tau_days real not null,        -- days in which a rating's weight falls to 1/e
  recency_m real not null,               -- fresh ratings at which a film's own count as much as the mean of all
  hybrid_alpha real not null,            -- weight of how many have seen a film
  hybrid_beta real not null              -- weight of how lately
);
insert into ranking_parameters
with said as (
  select ranked_cohorts.cohort_id, everybody.name, coalesce(own.value, everybody.value) as value
  from ranked_cohorts
  cross join aggregate_settings as everybody
  left join aggregate_settings as own on own.name = everybody.name || '/' || ranked_cohorts.label
  where everybody.name like 'ranking/%'
)
select
  cohort_id,
  max(case name when 'ranking/bayesian/m' then value end),
  max(case name when 'ranking/bayesian/percentile' then value end),
  max(case name when 'ranking/bayesian/mean_of' then value end),
  max(case name when 'ranking/bayesian/unvoted' then value end),
  max(case name when 'ranking/wilson/positive' then value end),
  max(case name when 'ranking/wilson/z' then value end),
  max(case name when 'ranking/wilson/min_ratings' then value end),
  max(case name when 'ranking/discovery/min_votes' then value end),
  max(case name when 'ranking/discovery/min_world_votes' then value end),
  max(case name when 'ranking/recency/tau_days' then value end),
  max(case name when 'ranking/recency/m' then value end),
  max(case name when 'ranking/hybrid/alpha' then value end),
  max(case name when 'ranking/hybrid/beta' then value end)
from said
group by cohort_id
order by cohort_id;
