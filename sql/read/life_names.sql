-- Whose films were seen?
select distinct name from agg_people where user_id = :user_id order by name;
