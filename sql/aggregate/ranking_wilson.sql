-- One row per ranked group of people × film it has rated: the film's place by the share of those who liked it, as low as it
-- may well be: the lower bound of the Wilson score interval, p positive of n ratings, z standard deviations wide:
--   score = (p + z²/2n − z · √((p · (1 − p) + z²/4n) / n)) / (1 + z²/n)
-- Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209–212;
-- for rankings: E. Miller, "How Not To Sort By Average Rating" (2009).
-- Of the world only means are known, not who liked a film, so it has no rows here.
drop table if exists ranking_wilson;
create table ranking_wilson (
  cohort_id integer not null,            -- the group
  film_id integer not null,              -- the film
  rank integer not null,                 -- place, from 1; ties by votes, then by the film's number
  score real not null,                   -- lower bound of the share of people who like it, 0 to 1
  votes integer not null,                -- n: its ratings
  positives integer not null,            -- those that are positive
  z real not null,                       -- z: width of the interval in standard deviations
  params text not null,                  -- parameters, as JSON
  computed_at text not null,             -- when
  primary key (cohort_id, film_id)
);
insert into ranking_wilson
with shares as (
  select
    stats.cohort_id, stats.film_id, stats.positives, stats.ratings as n, stats.positives * 1.0 / stats.ratings as p,
    said.wilson_z as z, said.wilson_positive, said.wilson_min_ratings
  from ranking_parameters as said
  join cohort_film_stats as stats on stats.cohort_id = said.cohort_id
  where stats.positives is not null and stats.ratings > 0 and stats.ratings >= said.wilson_min_ratings
),
scored as (
  select
    shares.*, (p + z * z / (2 * n) - z * sqrt((p * (1 - p) + z * z / (4 * n)) / n)) / (1 + z * z / n) as score
  from shares
)
select
  cohort_id, film_id, row_number() over (partition by cohort_id order by score desc, n desc, film_id), score, n,
  positives, z,
  '{"z": ' || z || ', "positive": ' || wilson_positive || ', "min_ratings": ' || wilson_min_ratings || '}',
  (select value from aggregate_settings where name = 'computed_at')
from scored
order by cohort_id, film_id;
