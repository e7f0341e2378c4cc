-- Which films did a run find new, found, changed, gone or kept back, at which sources, and how many of each are there?
-- The first :most of each by title (null: all). What was kept back says why.
with met as (
  select what, film_id, group_concat(source, ', ') as sources
  from (select what, film_id, source from run_films where run_id = :run_id order by source) as in_order
  group by what, film_id
),
named as (
  select
    met.what, met.film_id, met.sources, films.imdb_id,
    coalesce(film_facts.title, films.title) as title,
    coalesce(film_facts.release_year, films.release_year) as release_year
  from met
  join films on films.film_id = met.film_id
  left join film_facts on film_facts.film_id = met.film_id and film_facts.source = (
    select told.source
    from film_facts as told
    where told.film_id = met.film_id and told.title is not null
    order by case told.source when 'tmdb' then 1 when 'imdb_datasets' then 2 when 'omdb' then 3 else 4 end, told.source
    limit 1
  )
),
placed as (
  select
    named.*,
    count(*) over (partition by what) as total,
    row_number() over (partition by what order by title is null, lower(title), film_id) as place
  from named
)
select
  placed.what, placed.total, placed.film_id, placed.imdb_id, placed.title, placed.release_year, placed.sources,
  case when placed.what = 'kept' then (
    select group_concat(why.reason, '; ')
    from (
      select distinct conflicts.source || ': ' || conflicts.reason as reason
      from conflicts
      where conflicts.film_id = placed.film_id and conflicts.at >= :since
        and (:until is null or conflicts.at <= :until)
      order by 1
    ) as why
  ) end as reason
from placed
where :most is null or placed.place <= :most
order by placed.what, placed.place;
