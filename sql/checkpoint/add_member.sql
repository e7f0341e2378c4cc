-- A person joins a cohort.
insert into cohort_members (cohort_id, user_id)
select cohort_id, ? from cohorts where label = ?
on conflict (cohort_id, user_id) do nothing;
