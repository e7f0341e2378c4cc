-- Which films of this title and year have no id at all (named: 0), or are known to Letterboxd (named: 1)?
-- A seed that brings an id of its own may only take a film that has none.
with same_title as (
  select film_id from films where title = :title and release_year is :year
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
where aliases = 0 or (letterboxd > 0 and :with_ids = 0)
order by film_id;
