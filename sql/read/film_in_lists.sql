-- On which lists does the film stand, whose, and where in them?
select lists.name as list, users.name as user, lists.origin, list_items.position, list_items.added_at, list_items.note
from list_items
join lists on lists.list_id = list_items.list_id
left join users on users.user_id = lists.user_id
where list_items.film_id = :film_id
order by users.name, lists.name;
