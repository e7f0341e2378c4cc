-- One row per person and genre: how far the person's stars lie from IMDb's rating in it, each film once.
-- difference = 2 × stars - IMDb's rating (see agg_rating_drift); a film of several genres counts in each of them.
-- No date is needed for it.
-- needs: scores
drop table if exists agg_rating_drift_genre;
create table agg_rating_drift_genre (
  user_id integer not null,              -- the person
  genre text not null,                   -- genre
  compared integer not null,             -- films with the person's stars and IMDb's rating
  mean_mine real not null,               -- mean of the person's, of 10
  mean_imdb real not null,               -- mean of IMDb's for the same films, of 10
  difference real not null,              -- mean of the person's less IMDb's; above 0: kinder than IMDb's voters
  distance real not null,                -- mean distance, whichever way
  beside_others real not null,           -- difference here less the person's difference over all films: what the genre adds
  primary key (user_id, genre)
);
insert into agg_rating_drift_genre
with compared as (
  select
    seen_films.user_id, seen_films.film_id, 2 * seen_films.rating as mine, film_details.rating as imdb,
    avg(2 * seen_films.rating - film_details.rating) over (partition by seen_films.user_id) as usual
  from seen_films
  join film_details on film_details.film_id = seen_films.film_id
  where seen_films.rating is not null and film_details.rating is not null
),
genres_of as (
  select distinct film_id, value as genre from film_chosen_lists where field = 'genres'
)
select
  compared.user_id, genres_of.genre,
  count(*), avg(mine), avg(imdb), avg(mine - imdb), avg(abs(mine - imdb)), avg(mine - imdb) - min(usual)
from compared
join genres_of on genres_of.film_id = compared.film_id
group by compared.user_id, genres_of.genre
order by compared.user_id, genres_of.genre;
