-- Put the film that bears this id into the run's scope.
insert or replace into temp.plan_scope
select film_id from film_aliases where scheme = :scheme and value = :value;
