-- Which titles do films and series go by: the inputs' and the sources' own?
with of_kind as (
  select film_id, title, original_title from films where media_type is null or media_type in ('movie', 'tv')
),
told as (
  select film_id, title, original_title from film_facts
)
select film_id, title from of_kind where title is not null
union
select film_id, original_title from of_kind where original_title is not null
union
select told.film_id, told.title from told
join of_kind on of_kind.film_id = told.film_id
where told.title is not null
union
select told.film_id, told.original_title from told
join of_kind on of_kind.film_id = told.film_id
where told.original_title is not null;
