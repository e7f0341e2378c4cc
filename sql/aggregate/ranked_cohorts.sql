-- One row per group of people whose taste is ranked: a cohort, a single person (a cohort of one), or the world, for which
-- the public votes of IMDb and TMDb stand.
drop table if exists ranked_cohorts;
create table ranked_cohorts (
  cohort_id integer primary key,         -- a cohort's own number; 0: the world; below 0: a person (minus the user's number)
  label text not null,                   -- its name; where two would have one name: NAME (cohort), NAME (person)
  kind text not null check (kind in ('world', 'cohort', 'person')), -- world, cohort, person
  members integer not null,              -- people in it; 0 for the world
  scale integer not null                 -- best possible rating: 10 for the world, 5 (stars) for people
);
insert into ranked_cohorts
select 0, 'world', 'world', 0, 10
union all
select
  cohorts.cohort_id,
  case when cohorts.label = 'world' then 'world (cohort)' else cohorts.label end,
  'cohort',
  count(cohort_members.user_id),
  5
from cohorts
left join cohort_members on cohort_members.cohort_id = cohorts.cohort_id
group by cohorts.cohort_id, cohorts.label
union all
select
  -users.user_id,
  case
    when users.name = 'world' or exists (select 1 from cohorts where cohorts.label = users.name)
      then users.name || ' (person)'
    else users.name
  end,
  'person',
  1,
  5
from users
where users.user_id not in (select user_id from cohort_members)
  -- of hundreds of raters who came in one file, nobody asks one by one; a member with files of their own may well
  or users.user_id in (select user_id from imports)
order by 1;
