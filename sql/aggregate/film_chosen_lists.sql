-- One row per film, field and value: the genres, countries, languages, keywords and companies of the one source that is
-- believed about them. A whole list is taken, since two lists mixed are neither's.
drop table if exists film_chosen_lists;
create table film_chosen_lists (
  film_id integer not null,              -- the film
  field text not null check (field in ('genres', 'countries', 'languages', 'keywords', 'companies')), -- which list
  source text not null,                  -- who is believed
  value text not null,                   -- item; of a country ISO 3166-1, of a language ISO 639-1, or the source's word
  position integer,                      -- order in the source's list, from 0; null: it has none
  primary key (film_id, field, value)
);
insert into film_chosen_lists
with told (film_id, field, source) as (
  select distinct film_id, 'genres', source from film_genres union all
  select distinct film_id, 'countries', source from film_countries union all
  select distinct film_id, 'languages', source from film_languages union all
  select distinct film_id, 'keywords', source from film_keywords union all
  select distinct film_id, 'companies', source from film_companies
),
best_places as (
  select told.film_id, told.field, min(field_sources.place) as place
  from told
  join field_sources on field_sources.field = told.field and field_sources.source = told.source
  group by told.film_id, told.field
),
believed as (
  select best_places.film_id, best_places.field, field_sources.source
  from best_places
  join field_sources on field_sources.field = best_places.field and field_sources.place = best_places.place
),
items (film_id, field, source, value, position) as (
  select film_id, 'genres', source, genre, position from film_genres union all
  select film_id, 'countries', source, country, position from film_countries union all
  select film_id, 'languages', source, language, position from film_languages union all
  select film_id, 'keywords', source, keyword, null from film_keywords union all
  select film_id, 'companies', source, company, position from film_companies
)
select items.film_id, items.field, items.source, items.value, items.position
from believed
join items
  on items.film_id = believed.film_id and items.field = believed.field and items.source = believed.source
order by items.film_id, items.field, items.value;
