-- A cohort.
insert into cohorts (label, created_at) values (:label, :now) on conflict (label) do nothing;
