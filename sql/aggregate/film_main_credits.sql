-- One row per film × job × person: the directors, and the actors of the main cast (`main_cast`, 10: the first ten of
-- the believed source's list). What follows people through a life in films reads these: with a list of a hundred
-- actors, extras would tie everything to everything. A person has one id here, whichever source is believed
-- (same_people).
drop table if exists film_main_credits;
create table film_main_credits (
  film_id integer not null,              -- film
  job text not null,                     -- director, actor
  person_id text not null,               -- director or actor (same_people)
  name text not null,                    -- name
  place integer not null,                -- place in the list of that job, from 1
  primary key (film_id, job, person_id)
);
insert into film_main_credits
with listed as (
  select
    credits.film_id, credits.job, same_people.person_id, min(credits.name) as name,
    min(coalesce(credits.billing, 1000000)) as billing  -- who has no place in the list comes last
  from film_chosen_credits as credits
  join same_people on same_people.credited_id = credits.person_id and same_people.name = credits.name
  where credits.job in ('director', 'actor')
  group by credits.film_id, credits.job, same_people.person_id
),
placed as (
  select
    film_id, job, person_id, name,
    row_number() over (partition by film_id, job order by billing, person_id) as place
  from listed
)
select film_id, job, person_id, name, place
from placed
where job = 'director'
  or place <= coalesce((select value from aggregate_settings where name = 'main_cast'), 10)
order by film_id, job, place;
