-- The directors each person came back to. A film's directors are told by one source: TMDb, else the next. Ids of different
-- sources with one name are one person, unless some source knows two people of that name.
create view v_directors as
with mine as (
  select user_id, film_id from ratings
  union
  select user_id, film_id from watches
),
told as (
  select distinct film_id, source from credits where job = 'director'
),
chosen as (
  select
    film_id, source,
    row_number() over (
      partition by film_id
      order by case source when 'tmdb' then 1 when 'imdb_datasets' then 2 when 'imdb' then 3 when 'omdb' then 4 else 5 end, source
    ) as place
  from told
),
directed as (
  select distinct credits.film_id, credits.person_id, people.name, substr(credits.person_id, 1, 4) as scheme
  from chosen
  join credits on credits.film_id = chosen.film_id and credits.source = chosen.source and credits.job = 'director'
  join people on people.person_id = credits.person_id
  where chosen.place = 1
),
namesakes as (
  select name, scheme, count(distinct person_id) as people from directed group by name, scheme
),
shared_names as (
  select distinct name from namesakes where people > 1
),
directors_of as (
  select distinct film_id, name, case when name in (select shared_names.name from shared_names) then person_id end as namesake
  from directed
)
select
  users.name as user,                    -- the person
  directors_of.name as director,         -- the director
  count(*) as films,                     -- films of theirs that the person rated or saw
  round(avg(ratings.rating), 2) as mean_rating -- mean of the stars given to them
from mine
join directors_of on directors_of.film_id = mine.film_id
join users on users.user_id = mine.user_id
left join ratings on ratings.user_id = mine.user_id and ratings.film_id = mine.film_id
group by users.name, directors_of.name, directors_of.namesake
order by films desc, mean_rating desc, director;
