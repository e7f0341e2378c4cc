-- The world has a default of its own; the cohort says one thing, everybody another, and the rest is as it is built in.
insert into users (user_id, name) values (1, 'Ann');
insert into cohorts (cohort_id, label, created_at) values (5, 'old friends', '2026');
