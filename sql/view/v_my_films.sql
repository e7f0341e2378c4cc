-- Every film a person rated, saw, or put on a list, with what is known of it: told by one source, TMDb or else the next.
create view v_my_films as
with mine as (
  select user_id, film_id from ratings
  union
  select user_id, film_id from watches
  union
  select lists.user_id, list_items.film_id
  from list_items
  join lists on lists.list_id = list_items.list_id
  where lists.user_id is not null
),
seen as (
  select
    user_id, film_id, count(*) as viewings, max(case when precision = 'exact' then watched_on end) as last_watched
  from watches
  group by user_id, film_id
)
select
  users.name as user,                    -- the person
  films.film_id as film_id,              -- the film
  coalesce(film_facts.title, films.title) as title, -- title
  coalesce(film_facts.release_year, films.release_year) as release_year, -- year
  ratings.rating as rating,              -- the person's stars, 0.5 to 5
  ratings.rated_at as rated_at,          -- when they were given
  ratings.liked as liked,                -- 1: marked with a heart
  coalesce(seen.viewings, 0) as viewings, -- times seen, as far as is known
  seen.last_watched as last_watched,     -- last viewing with an exact date
  film_facts.runtime_minutes as runtime_minutes, -- length
  (
    select group_concat(listed.name, ', ')
    from (
      select people.name
      from credits
      join people on people.person_id = credits.person_id
      where credits.film_id = mine.film_id and credits.job = 'director' and credits.source = (
        select told.source
        from credits as told
        where told.film_id = mine.film_id and told.job = 'director'
        order by
          case told.source when 'tmdb' then 1 when 'imdb_datasets' then 2 when 'imdb' then 3 when 'omdb' then 4 else 5 end,
          told.source
        limit 1
      )
      group by people.person_id, people.name
      order by min(credits.billing), people.person_id
    ) as listed
  ) as directors,                        -- directors
  scores.value as tmdb_score,            -- mean vote at TMDb, 0 to 10
  scores.votes as tmdb_votes,            -- number of votes there
  films.imdb_id as imdb_id,              -- IMDb id
  films.tmdb_id as tmdb_id               -- TMDb id
from mine
join users on users.user_id = mine.user_id
join films on films.film_id = mine.film_id
left join ratings on ratings.user_id = mine.user_id and ratings.film_id = mine.film_id
left join seen on seen.user_id = mine.user_id and seen.film_id = mine.film_id
left join film_facts on film_facts.film_id = mine.film_id and film_facts.source = (
  select told.source
  from film_facts as told
  where told.film_id = mine.film_id and told.title is not null
  order by case told.source when 'tmdb' then 1 when 'imdb_datasets' then 2 when 'omdb' then 3 else 4 end, told.source
  limit 1
)
left join scores on scores.film_id = mine.film_id and scores.source = 'tmdb' and scores.system = 'tmdb';
