-- One row per id under which somebody is credited × name there: who that is. The credits of one film come from one
-- source, those of another film from another; ids of different sources with one name are taken for one person (TMDb's
-- id, else IMDb's, else the name), unless some source knows two people of that name.
drop table if exists same_people;
create table same_people (
  credited_id text not null,             -- id in film_chosen_credits (tmdb:…, imdb:…, name:…)
  name text not null,                    -- name there
  person_id text not null,               -- the person: the same for all ids that are taken for one
  primary key (credited_id, name)
);
insert into same_people
with credited as (
  select distinct
    person_id, name, case when person_id like 'tmdb:%' then 1 when person_id like 'imdb:%' then 2 else 3 end as scheme
  from film_chosen_credits
  where job in ('director', 'writer', 'actor')
),
ids as (
  select name, scheme, min(person_id) as person_id, count(*) as namesakes
  from credited
  group by name, scheme
),
names as (
  select
    name, max(namesakes) as namesakes,
    coalesce(
      min(case scheme when 1 then person_id end), min(case scheme when 2 then person_id end), min(person_id)
    ) as person_id
  from ids
  group by name
)
select
  credited.person_id, credited.name,
  case when names.namesakes = 1 then names.person_id else credited.person_id end
from credited
join names on names.name = credited.name
order by 1, 2;
