-- What did a run find new, changed or gone? One row for each, with the number of films and the titles of some.
with found as (
  select distinct run_films.what, run_films.film_id, coalesce(films.title, told.title, films.imdb_id) as title
  from run_films
  join films on films.film_id = run_films.film_id
  left join film_facts as told on told.film_id = films.film_id and told.source = run_films.source
  where run_films.run_id = :run_id
),
placed as (
  select what, title, row_number() over (partition by what order by film_id) as place from found
)
select
  found.what,
  count(distinct found.film_id) as films,
  (select group_concat(placed.title, ', ') from placed where placed.what = found.what and placed.place <= 8) as titles
from found
group by found.what;
