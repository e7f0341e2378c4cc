-- One row per user × film that the user has seen, whether a date of a viewing is known or not; what is rated was seen.
-- Titles that are no films and are not followed do not count, as in agg_viewings.
drop table if exists seen_films;
create table seen_films (
  user_id integer not null,              -- who has seen it
  film_id integer not null,              -- film
  rating real,                           -- the user's stars for it now, 0.5 to 5; null: not rated
  primary key (user_id, film_id)
);
insert into seen_films
with seen as (
  select distinct user_id, film_id from agg_dates_told
)
select seen.user_id, seen.film_id, ratings.rating
from seen
join films on films.film_id = seen.film_id
left join ratings on ratings.user_id = seen.user_id and ratings.film_id = seen.film_id
where films.followed = 1 or coalesce(films.media_type, 'movie') = 'movie'
order by seen.user_id, seen.film_id;
