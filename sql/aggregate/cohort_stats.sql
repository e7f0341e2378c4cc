-- One row per ranked group of people: how it rates on the whole.
drop table if exists cohort_stats;
create table cohort_stats (
  cohort_id integer primary key,         -- the group
  films integer not null,                -- films with a rating of theirs
  unrated_films integer not null,        -- films of this file without one
  ratings integer not null,              -- their ratings; for the world, votes
  mean_of_ratings real,                  -- mean of all ratings, in stars; of ten for the world; null: there are none
  mean_of_films real,                    -- mean of the films' means
  spread_of_films real                   -- standard deviation of the films' means
);
insert into cohort_stats
with films_there as (
  select count(*) as films from films where followed = 1 or coalesce(media_type, 'movie') = 'movie'
),
sums as (
  select
    cohort_id, count(*) as films, sum(ratings) as ratings, sum(rating_sum) / sum(ratings) as mean_of_ratings,
    avg(avg_rating) as mean_of_films
  from cohort_film_stats
  where ratings > 0
  group by cohort_id
),
spreads as (
  select
    sums.cohort_id,
    sqrt(avg((stats.avg_rating - sums.mean_of_films) * (stats.avg_rating - sums.mean_of_films))) as spread_of_films
  from sums
  join cohort_film_stats as stats on stats.cohort_id = sums.cohort_id and stats.ratings > 0
  group by sums.cohort_id
)
select
  ranked_cohorts.cohort_id, coalesce(sums.films, 0), films_there.films - coalesce(sums.films, 0),
  coalesce(sums.ratings, 0), sums.mean_of_ratings, sums.mean_of_films, spreads.spread_of_films
from ranked_cohorts
cross join films_there
left join sums on sums.cohort_id = ranked_cohorts.cohort_id
left join spreads on spreads.cohort_id = ranked_cohorts.cohort_id
order by ranked_cohorts.cohort_id;
