-- Where a person differs most from TMDb's voters (both on a scale of ten; at least 100 votes).
create view v_against_the_crowd as
select
  users.name as user,                    -- the person
  coalesce(film_facts.title, films.title) as title, -- title
  coalesce(film_facts.release_year, films.release_year) as release_year, -- year
  ratings.rating * 2 as mine,            -- the person's rating, of 10
  scores.value as theirs,                -- mean vote at TMDb, of 10
  round(ratings.rating * 2 - scores.value, 1) as difference -- mine less theirs
from ratings
join users on users.user_id = ratings.user_id
join films on films.film_id = ratings.film_id
join scores on scores.film_id = films.film_id and scores.source = 'tmdb' and scores.system = 'tmdb' and scores.votes >= 100
left join film_facts on film_facts.film_id = films.film_id and film_facts.source = (
  select told.source
  from film_facts as told
  where told.film_id = films.film_id and told.title is not null
  order by case told.source when 'tmdb' then 1 when 'imdb_datasets' then 2 when 'omdb' then 3 else 4 end, told.source
  limit 1
)
where ratings.rating is not null
order by abs(ratings.rating * 2 - scores.value) desc, films.film_id;
