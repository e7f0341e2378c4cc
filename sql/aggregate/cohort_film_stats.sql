-- One row per ranked group of people × film that any of them has seen or rated; for the world, × film with public votes:
-- IMDb's, else TMDb's, from the source that is believed about them. Means are in stars; the world's are of ten.
drop table if exists cohort_film_stats;
create table cohort_film_stats (
  cohort_id integer not null,            -- the group
  film_id integer not null,              -- the film
  watchers integer not null,             -- people who have seen or rated it; for the world, votes
  ratings integer not null,              -- people who have rated it; for the world, votes
  rating_sum real not null,              -- sum of their ratings
  avg_rating real,                       -- their mean; null: nobody rated it
  positives integer,                     -- ratings of as many stars as wilson_positive says, or more; null: not known
  first_rating_at text,                  -- day of the first rating, where known
  last_rating_at text,                   -- day of the last
  primary key (cohort_id, film_id)
);
insert into cohort_film_stats
with rated as (  -- cross join: SQLite reads each member's rows together; by film it would look them up one by one
  select
    ranked_members.cohort_id, ratings.film_id, count(*) as people, count(ratings.rating) as ratings,
    sum(ratings.rating) as rating_sum, min(ratings.rated_at) as first_at, max(ratings.rated_at) as last_at,
    sum(case when ratings.rating >= ranking_parameters.wilson_positive then 1 else 0 end) as positives
  from ranking_parameters
  cross join ranked_members
  cross join ratings
  where ranked_members.cohort_id = ranking_parameters.cohort_id and ratings.user_id = ranked_members.user_id
  group by ratings.film_id, ranked_members.cohort_id  -- sorted by what differs most: a fifth faster than the other way
),
only_seen as (  -- a viewing with a rating has left its row in ratings
  select ranked_members.cohort_id, watches.film_id, count(distinct watches.user_id) as people
  from ranked_members
  cross join watches
  where watches.user_id = ranked_members.user_id and watches.rating is null and not exists (
    select 1 from ratings where ratings.user_id = watches.user_id and ratings.film_id = watches.film_id
  )
  group by ranked_members.cohort_id, watches.film_id
),
public_votes as (
  select
    scores.film_id, scores.votes, scores.value * (10.0 / scores.scale) as mean,
    row_number() over (
      partition by scores.film_id order by case scores.system when 'imdb' then 0 else 1 end, field_sources.place
    ) as choice
  from scores
  join field_sources on field_sources.source = scores.source
    and field_sources.field = case scores.system when 'imdb' then 'rating' else 'tmdb_rating' end
  where scores.system in ('imdb', 'tmdb') and scores.votes > 0
),
counted as (
  select cohort_id, film_id, people, ratings, rating_sum, positives, first_at, last_at from rated
  union all
  select cohort_id, film_id, people, 0, null, 0, null, null from only_seen
),
everybody as (
  select
    cohort_id, film_id, sum(people) as watchers, sum(ratings) as ratings, coalesce(sum(rating_sum), 0) as rating_sum,
    sum(rating_sum) / sum(ratings) as avg_rating, sum(positives) as positives, min(first_at) as first_at,
    max(last_at) as last_at
  from counted
  group by cohort_id, film_id
  union all
  select 0, film_id, votes, votes, votes * mean, mean, null, null, null from public_votes where choice = 1
)
select everybody.*
from everybody
join films on films.film_id = everybody.film_id
where films.followed = 1 or coalesce(films.media_type, 'movie') = 'movie'
order by everybody.cohort_id, everybody.film_id;
