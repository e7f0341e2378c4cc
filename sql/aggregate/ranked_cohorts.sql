-- One row per group of people whose taste is ranked: a cohort, a single person (a cohort of one), or the world, for which
-- the public votes of IMDb and TMDb stand.
drop table if exists ranked_cohorts;
create table ranked_cohorts (
  cohort_id integer primary key,         -- a cohort's own number; 0: the world; below 0: a person (minus the user's number)
  label text not null,                   -- its name
  kind text not null check (kind in ('world', 'cohort', 'person')), -- world, cohort, person
  members integer not null               -- people in it; 0 for the world
);
insert into ranked_cohorts
select 0, 'world', 'world', 0
union all
select cohorts.cohort_id, cohorts.label, 'cohort', count(cohort_members.user_id)
from cohorts
left join cohort_members on cohort_members.cohort_id = cohorts.cohort_id
group by cohorts.cohort_id, cohorts.label
union all
select -users.user_id, users.name, 'person', 1
from users
where not exists (  -- of hundreds of raters who were imported as a cohort, nobody asks one by one
  select 1 from cohort_members where cohort_members.user_id = users.user_id
)
order by 1;
