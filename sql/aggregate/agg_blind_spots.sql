-- One row per user × job × favourite director or actor × film of theirs that the user has not seen and the world likes:
-- a public rating (IMDb's, else TMDb's) of 7 of 10 at least (`blind_spot_rating`) by `min_votes_for_rating` people, in
-- order of the world's Bayesian ranking, or of that rating where the film is not ranked. A favourite: three films seen
-- at least (`favourite_films`), rated no worse than the user rates films on the whole. As few ratings say little, they
-- are drawn towards the user's mean C by the weight of m = 3 ratings (`favourite_weight`) where favourites are
-- compared: liking = (n·R + m·C) / (n + m), the Bayesian average. Of a user who rates nothing, whoever is seen often
-- enough is one.
drop table if exists agg_blind_spots;
create table agg_blind_spots (
  user_id integer not null,              -- who has not seen the film
  job text not null,                     -- director, actor: why the person is a favourite, and their job in the film
  person_id text not null,               -- favourite
  name text not null,                    -- name
  film_id integer not null,              -- film not yet seen
  title text,                            -- its title
  release_year integer,                  -- its year
  score real not null,                   -- score of the world's Bayesian ranking, else the public rating, of 10
  rating real not null,                  -- public rating, of 10
  votes integer not null,                -- its votes
  ranked integer not null check (ranked in (0, 1)), -- 1: score is of the ranking; 0: it is the rating
  place integer not null,                -- place among the favourite's films of that job, from 1
  place_of_all integer not null,         -- place of the film among all blind spots of the user, from 1
  liking real,                           -- how the user likes the favourite's films, in stars; null: rates nothing
  films_seen integer not null,           -- films of the favourite in that job that the user has seen
  films_known integer not null,          -- films of the favourite in that job in this file
  primary key (user_id, job, person_id, film_id)
);
insert into agg_blind_spots
with least as (
  select
    coalesce((select value from aggregate_settings where name = 'favourite_films'), 3) as favourite_films,
    coalesce((select value from aggregate_settings where name = 'favourite_weight'), 3) as m,
    coalesce((select value from aggregate_settings where name = 'blind_spot_rating'), 7) as blind_spot_rating,
    coalesce((select value from aggregate_settings where name = 'min_votes_for_rating'), 10) as min_votes
),
tastes as (
  select user_id, avg(rating) as c from seen_films group by user_id
),
liked as (
  select
    tastes.user_id, credited.job, credited.person_id, count(*) as films_seen,
    (coalesce(sum(seen_films.rating), 0) + least.m * tastes.c) / (count(seen_films.rating) + least.m) as liking
  from tastes cross join least
  join seen_films on seen_films.user_id = tastes.user_id
  join film_main_credits as credited on credited.film_id = seen_films.film_id
  group by tastes.user_id, credited.job, credited.person_id, tastes.c, least.m, least.favourite_films
  having count(*) >= least.favourite_films
    and (tastes.c is null or coalesce(avg(seen_films.rating), tastes.c) >= tastes.c)
),
films_made as (
  select job, person_id, count(*) as films_known from film_main_credits group by job, person_id
),
scored as (
  select
    films.film_id, films.title, films.release_year,
    coalesce(films.rating, films.tmdb_rating) as rating,
    case when films.rating is null then films.tmdb_votes else films.votes end as votes,
    coalesce(ranking.score, films.rating, films.tmdb_rating) as score,
    case when ranking.score is null then 0 else 1 end as ranked
  from film_details as films
  left join film_rankings as ranking
    on ranking.film_id = films.film_id and ranking.cohort_id = 0 and ranking.strategy = 'bayesian'
  where coalesce(films.media_type, 'movie') = 'movie'
)
select
  liked.user_id, liked.job, liked.person_id, credited.name, scored.film_id, scored.title, scored.release_year,
  scored.score, scored.rating, scored.votes, scored.ranked,
  row_number() over (
    partition by liked.user_id, liked.job, liked.person_id order by scored.score desc, scored.votes desc, scored.film_id
  ),
  dense_rank() over (partition by liked.user_id order by scored.score desc, scored.votes desc, scored.film_id),
  liked.liking, liked.films_seen, films_made.films_known
from liked
cross join least
join films_made on films_made.job = liked.job and films_made.person_id = liked.person_id
join film_main_credits as credited on credited.job = liked.job and credited.person_id = liked.person_id
join scored on scored.film_id = credited.film_id
left join seen_films on seen_films.user_id = liked.user_id and seen_films.film_id = credited.film_id
where seen_films.film_id is null and scored.rating >= least.blind_spot_rating and scored.votes >= least.min_votes
order by 1, 2, 3, 12;
