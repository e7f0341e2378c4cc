-- One row per film, job, person and part: the people of the one source that is believed about that job in that film.
-- Directors, writers and actors have an order of their own in field_sources; the other jobs go by the directors'.
drop table if exists film_chosen_credits;
create table film_chosen_credits (
  film_id integer not null,              -- the film
  job text not null,                     -- actor, director, writer … in lower case
  source text not null,                  -- who is believed
  person_id text not null,               -- the person, as that source numbers people
  name text not null,                    -- the person's name
  character text not null,               -- part played; '' for none
  billing integer,                       -- order in the source's list, from 0
  primary key (film_id, job, person_id, character)
);
insert into film_chosen_credits
with job_fields (job, field) as (
  select 'director', 'directors' union all
  select 'writer', 'writers' union all
  select 'actor', 'cast'
),
believed as (  -- no two sources have one place, so the first place has the rows of one source
  select
    credits.film_id, credits.job, credits.source, credits.person_id, credits.character, credits.billing,
    rank() over (partition by credits.film_id, credits.job order by field_sources.place) as choice
  from credits
  left join job_fields on job_fields.job = credits.job
  join field_sources
    on field_sources.field = coalesce(job_fields.field, 'directors') and field_sources.source = credits.source
)
select
  believed.film_id, believed.job, believed.source, believed.person_id, people.name, believed.character, believed.billing
from believed
join people on people.person_id = believed.person_id
where believed.choice = 1
order by believed.film_id, believed.job, believed.person_id, believed.character;
