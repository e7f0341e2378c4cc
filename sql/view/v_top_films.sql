-- The films of everybody in this file by their mean rating, those with more ratings first where it is equal.
create view v_top_films as
select
  films.film_id as film_id,              -- the film
  coalesce(film_facts.title, films.title) as title, -- title
  coalesce(film_facts.release_year, films.release_year) as release_year, -- year
  round(avg(ratings.rating), 2) as mean_rating, -- mean of the stars given, 0.5 to 5
  count(ratings.rating) as raters,       -- people who rated it
  scores.value as tmdb_score             -- mean vote at TMDb, 0 to 10
from ratings
join films on films.film_id = ratings.film_id
left join film_facts on film_facts.film_id = films.film_id and film_facts.source = (
  select told.source
  from film_facts as told
  where told.film_id = films.film_id and told.title is not null
  order by case told.source when 'tmdb' then 1 when 'imdb_datasets' then 2 when 'omdb' then 3 else 4 end, told.source
  limit 1
)
left join scores on scores.film_id = films.film_id and scores.source = 'tmdb' and scores.system = 'tmdb'
where ratings.rating is not null
group by films.film_id, film_facts.title, films.title, film_facts.release_year, films.release_year, scores.value
order by mean_rating desc, raters desc, films.film_id;
