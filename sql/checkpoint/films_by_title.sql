-- Which films may a title and a year mean? Those without any id (named: 0), and those Letterboxd knows (named: 1).
-- A kind of title that is not known is a film or a series. A seed that brings an id of its own may only take a film that
-- has none, and only where no other film bears the title; a year that is not known tells nothing.
with same_title as (
  select film_id
  from films
  where title = :title and release_year is :year
    and (
      media_type is :media_type
      or (media_type is null and :media_type in ('movie', 'tv'))
      or (:media_type is null and media_type in ('movie', 'tv'))
    )
),
ids as (
  select
    same_title.film_id,
    count(film_aliases.value) as aliases,
    count(case when film_aliases.scheme in ('boxd', 'letterboxd') then 1 end) as letterboxd
  from same_title
  left join film_aliases on film_aliases.film_id = same_title.film_id and film_aliases.scheme <> 'film'
  group by same_title.film_id
)
select film_id, letterboxd > 0 as named
from ids
where (aliases = 0 and (:with_ids = 0 or (:year is not null and (select count(*) from ids) = 1)))
  or (letterboxd > 0 and :with_ids = 0 and :year is not null)
order by film_id;
