-- Whose rankings may be computed? The names by which [cohorts.LABEL] and --cohort know them.
select 'world' as label
union
select label from cohorts
union
select name from users;
