-- One row per ranked group of people × film rated by somebody who told when they saw it: the film's place by the mean of its
-- ratings, each weighted by how fresh it is, w = exp(−age / τ), drawn towards the mean of all by the weight of m fresh ones:
--   score = (Σ w · rating + m · C) / (Σ w + m)
-- Source: exponential time weights as Y. Ding & X. Li, "Time weight collaborative filtering", CIKM 2005; m and C as in the
-- Bayesian average (sql/aggregate/ranking_bayesian.sql); m = 0 leaves the weighted mean as it is.
-- Only dates of viewings count, to the day or month (its 15th), never days of rating. A date after the day of computing is
-- a slip of the pen. Age is counted from the group's newest viewing, so that the same input gives the same scores.
-- not portable: julianday, for days between two dates, which each dialect counts in its own way
drop table if exists ranking_recency;
create table ranking_recency (
  cohort_id integer not null,            -- the group
  film_id integer not null,              -- the film
  rank integer not null,                 -- place, from 1; ties by votes, then by the film's number
  score real not null,                   -- weighted mean, in stars
  votes integer not null,                -- dated viewings with a rating
  weights real not null,                 -- Σ w
  weighted_ratings real not null,        -- Σ w · rating
  m real not null,                       -- m: fresh ratings that the mean of all is worth
  mean_of_all real not null,             -- C: mean of all ratings of the group
  freshness real not null,               -- w of the film's newest viewing
  params text not null,                  -- parameters, as JSON
  computed_at text not null,             -- when
  primary key (cohort_id, film_id)
);
insert into ranking_recency
with dated as (  -- a viewing that several files tell of is one; one of a month that has an exact one is that
  select
    ranked_members.cohort_id, watches.film_id, max(coalesce(watches.rating, ratings.rating)) as rating,
    julianday(
      case watches.precision when 'month' then substr(watches.watched_on, 1, 7) || '-15' else substr(watches.watched_on, 1, 10) end
    ) as day
  from ranked_members
  cross join watches
  join films on films.film_id = watches.film_id
  left join ratings on ratings.user_id = watches.user_id and ratings.film_id = watches.film_id
  where watches.user_id = ranked_members.user_id and watches.precision in ('exact', 'month')
    and substr(watches.watched_on, 1, 10) <= (select value from aggregate_settings where name = 'computed_at')
    and (films.followed = 1 or coalesce(films.media_type, 'movie') = 'movie')
    and not (watches.precision = 'month' and exists (
      select 1 from watches as exact
      where exact.user_id = watches.user_id and exact.film_id = watches.film_id and exact.precision = 'exact'
        and substr(exact.watched_on, 1, 7) = substr(watches.watched_on, 1, 7)
    ))
  group by ranked_members.cohort_id, watches.user_id, watches.film_id, day
),
newest as (
  select cohort_id, max(day) as day from dated where rating is not null group by cohort_id
),
weighted as (
  select dated.*, said.recency_tau_days, said.recency_m as m, exp((dated.day - newest.day) / said.recency_tau_days) as w
  from dated
  join newest on newest.cohort_id = dated.cohort_id
  join ranking_parameters as said on said.cohort_id = dated.cohort_id
  where dated.rating is not null and dated.day is not null
),
scored as (
  select
    weighted.cohort_id, weighted.film_id, count(*) as votes, sum(w) as weights, sum(w * rating) as weighted_ratings, m,
    stats.mean_of_ratings as c, max(w) as freshness, recency_tau_days,
    (sum(w * rating) + m * stats.mean_of_ratings) / (sum(w) + m) as score
  from weighted
  join cohort_stats as stats on stats.cohort_id = weighted.cohort_id
  group by weighted.cohort_id, weighted.film_id, m, stats.mean_of_ratings, recency_tau_days
)
select
  cohort_id, film_id, row_number() over (partition by cohort_id order by score desc, votes desc, film_id), score, votes,
  weights, weighted_ratings, m, c, freshness, '{"tau_days": ' || recency_tau_days || ', "m": ' || m || '}',
  (select value from aggregate_settings where name = 'computed_at')
from scored
where score is not null
order by cohort_id, film_id;
