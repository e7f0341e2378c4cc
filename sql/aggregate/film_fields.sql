-- One row per film and field of which anything is said: the value of the source that is believed about that field.
-- Fields of one value; lists are in film_chosen_lists and film_chosen_credits. The order is that of field_sources.
drop table if exists film_fields;
create table film_fields (
  film_id integer not null,              -- the film
  field text not null,                   -- field, as in [aggregate.precedence]
  source text not null,                  -- who is believed; import: only the person's own file says it
  value text not null,                   -- what that source says, as text; money in US dollars
  primary key (film_id, field)
);
insert into film_fields
with said (film_id, source, field, value) as (
  select film_id, source, 'title', title from film_facts union all
  select film_id, source, 'original_title', original_title from film_facts union all
  select film_id, source, 'title_type', title_type from film_facts union all
  select film_id, source, 'release_date', release_date from film_facts union all
  select film_id, source, 'release_year', cast(release_year as text) from film_facts union all
  select film_id, source, 'end_year', cast(end_year as text) from film_facts union all
  select film_id, source, 'runtime', cast(runtime_minutes as text) from film_facts union all
  select film_id, source, 'seasons', cast(seasons as text) from film_facts union all
  select film_id, source, 'episodes', cast(episodes as text) from film_facts union all
  select film_id, source, 'status', status from film_facts union all
  select film_id, source, 'original_language', original_language from film_facts union all
  select film_id, source, 'overview', overview from film_facts union all
  select film_id, source, 'tagline', tagline from film_facts union all
  select film_id, source, 'certificate', certificate from film_facts union all
  select film_id, source, 'budget', cast(nullif(budget_usd, 0) as text) from film_facts union all
  select film_id, source, 'revenue', cast(nullif(revenue_usd, 0) as text) from film_facts union all
  select film_id, source, 'box_office', cast(nullif(box_office_usd, 0) as text) from film_facts union all
  select film_id, source, 'popularity', cast(popularity as text) from film_facts union all
  select film_id, source, 'awards', awards from film_facts union all
  select film_id, source, 'awards_won', cast(awards_won as text) from film_facts union all
  select film_id, source, 'award_nominations', cast(award_nominations as text) from film_facts union all
  select film_id, source, 'collection', collection from film_facts union all
  select film_id, source, 'adult', cast(adult as text) from film_facts union all
  select film_id, source, 'poster', poster_url from film_facts union all
  select film_id, source, 'backdrop', backdrop_url from film_facts union all
  select film_id, source, 'homepage', homepage from film_facts union all
  select film_id, source, 'rating', cast(value as text) from scores where system = 'imdb' union all
  select film_id, source, 'votes', cast(votes as text) from scores where system = 'imdb' union all
  select film_id, source, 'tmdb_rating', cast(value as text) from scores where system = 'tmdb' union all
  select film_id, source, 'tmdb_votes', cast(votes as text) from scores where system = 'tmdb' union all
  select film_id, source, 'metascore', cast(value as text) from scores where system = 'metacritic' union all
  select film_id, source, 'rotten_tomatoes', cast(value as text) from scores where system = 'rotten_tomatoes' union all
  select film_id, source, 'letterboxd_rating', cast(value as text) from scores where system = 'letterboxd' union all
  select film_id, 'import', 'title', title from films union all
  select film_id, 'import', 'original_title', original_title from films union all
  select film_id, 'import', 'release_year', cast(release_year as text) from films
),
believed as (  -- the least of place and value has the best place; sorting all by row_number() takes twice as long
  select said.film_id, said.field, min((100 + field_sources.place) || said.value) as best
  from said
  join field_sources on field_sources.field = said.field and field_sources.source = said.source
  where said.value <> ''
  group by said.film_id, said.field
)
select believed.film_id, believed.field, field_sources.source, substr(believed.best, 4)
from believed
join field_sources
  on field_sources.field = believed.field and field_sources.place = cast(substr(believed.best, 1, 3) as integer) - 100
order by believed.film_id, believed.field;
