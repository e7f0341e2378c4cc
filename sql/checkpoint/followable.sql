-- Films of upstreams' lists that nobody follows yet, of the kinds that are crawled: the first places first.
select list_items.film_id, min(lists.origin) as origin
from list_items
join lists on lists.list_id = list_items.list_id
join films on films.film_id = list_items.film_id
where lists.user_id is null
  and lists.name in (select value from json_each(:lists))
  and films.followed = 0
  and (films.media_type is null or films.media_type in (select value from json_each(:include)))
group by list_items.film_id
order by min(list_items.position), list_items.film_id
limit :limit;
