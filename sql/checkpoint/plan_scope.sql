-- The films of a narrowed run.
create temp table if not exists plan_scope (film_id integer primary key);
delete from temp.plan_scope;
