-- A film that nothing but trailers tells of has the year that the newest of them announces (of a later season: none).
with newest as (
  select
    film_id,
    release_year,
    row_number() over (partition by film_id order by published_at desc, video_id) as place
  from trailers
  where film_id is not null and release_year is not null and coalesce(season, 1) = 1
)
update films
set release_year = newest.release_year, updated_at = :now
from newest
where newest.film_id = films.film_id and newest.place = 1
  and films.origin like 'youtube:%'
  and films.release_year is not newest.release_year
  and not exists (
    select 1 from film_aliases where film_aliases.film_id = films.film_id and film_aliases.scheme <> 'film'
  )
  and not exists (select 1 from import_entries where import_entries.film_id = films.film_id);
