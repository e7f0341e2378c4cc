-- One row per ranked group of people × member. A person is the only member of a group of one; the world has no members.
drop table if exists ranked_members;
create table ranked_members (
  cohort_id integer not null,            -- the group
  user_id integer not null,              -- a person in it
  primary key (cohort_id, user_id)
);
insert into ranked_members
select cohort_members.cohort_id, cohort_members.user_id
from cohort_members
join ranked_cohorts on ranked_cohorts.cohort_id = cohort_members.cohort_id
union all
select cohort_id, -cohort_id
from ranked_cohorts
where kind = 'person'
order by 1, 2;
