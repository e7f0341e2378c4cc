-- One row per user × list or series of films: how much of it the user has seen. Lists: the user's own, and those of
-- upstreams, which are nobody's. Series (collections) of two films at least, as far as this file knows their films,
-- that the user has seen something of; files know the films somebody brought in, so a series may have more.
drop table if exists agg_list_completion;
create table agg_list_completion (
  user_id integer not null,              -- whose viewings
  kind text not null check (kind in ('list', 'collection')), -- list, collection
  list_id integer not null,              -- the list (lists.list_id); 0 for a collection
  name text not null,                    -- name of the list or collection
  films integer not null,                -- films in it
  seen integer not null,                 -- of these, films the user has seen
  rated integer not null,                -- of these, films the user has rated
  share real not null,                   -- seen of films, 0 to 1
  mean_rating real,                      -- the user's mean rating of them, 0.5 to 5 stars; null: none is rated
  primary key (user_id, kind, list_id, name)
);
insert into agg_list_completion
with people as (
  select distinct user_id from seen_films
),
members as (
  select people.user_id, 'list' as kind, lists.list_id, lists.name, list_items.film_id
  from people
  join lists on lists.user_id = people.user_id or lists.user_id is null
  join list_items on list_items.list_id = lists.list_id
  union all
  select people.user_id, 'collection', 0, film_details.collection, film_details.film_id
  from people
  join film_details on film_details.collection is not null
),
totals as (
  select
    members.user_id, kind, list_id, name, count(*) as films, count(seen_films.film_id) as seen,
    count(seen_films.rating) as rated, avg(seen_films.rating) as mean_rating
  from members
  left join seen_films on seen_films.user_id = members.user_id and seen_films.film_id = members.film_id
  group by members.user_id, kind, list_id, name
)
select user_id, kind, list_id, name, films, seen, rated, 1.0 * seen / films, mean_rating
from totals
where kind = 'list' or films > 1 and seen > 0
order by 1, 2, 3, 4;
