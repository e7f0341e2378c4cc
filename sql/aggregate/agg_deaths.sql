-- One row per user × way of counting × what is counted: deaths on screen in the films the user has seen, all together,
-- by film, by actor, and by manner (film_deaths; a death may have several). An actor who plays two who die in one film
-- is one death there, as the source tells it. All rows but those counted by `all` tell how films end, and so does the
-- column that begins with spoiler_.
-- needs: deaths
drop table if exists agg_deaths;
create table agg_deaths (
  user_id integer not null,              -- who has seen the films
  counted_by text not null check (counted_by in ('all', 'film', 'actor', 'manner')), -- all, film, actor, manner
  film_id integer not null,              -- the film of a row by film; else 0
  spoiler_value text not null,           -- title of the film, actor who dies, manner; '' for all
  deaths integer not null,               -- deaths counted
  films integer not null,                -- films they happen in
  films_seen integer not null,           -- films the user has seen, with a death or without
  place integer not null,                -- place among the rows counted in the same way, most deaths first, from 1
  primary key (user_id, counted_by, film_id, spoiler_value)
);
insert into agg_deaths
with watched as (
  select
    seen_films.user_id, seen_films.film_id, film_deaths.spoiler_actor as actor, film_deaths.spoiler_manner as manner
  from seen_films
  join film_deaths on film_deaths.film_id = seen_films.film_id
),
died as (
  select distinct user_id, film_id, actor from watched
),
counted as (
  select user_id, 'all' as counted_by, 0 as of_film, '' as value, film_id from died
  union all
  select died.user_id, 'film', died.film_id, coalesce(film_details.title, ''), died.film_id
  from died
  left join film_details on film_details.film_id = died.film_id
  union all
  select user_id, 'actor', 0, actor, film_id from died
  union all
  select user_id, 'manner', 0, manner, film_id from watched
),
totals as (
  select user_id, counted_by, of_film, value, count(*) as deaths, count(distinct film_id) as films
  from counted
  group by user_id, counted_by, of_film, value
),
films_seen as (
  select user_id, count(*) as films from seen_films group by user_id
)
select
  totals.user_id, counted_by, of_film, value, deaths, totals.films, films_seen.films,
  row_number() over (partition by totals.user_id, counted_by order by deaths desc, totals.films desc, value, of_film)
from totals
join films_seen on films_seen.user_id = totals.user_id
order by 1, 2, 8;
