-- Nobody sees a film years before it comes out: then it is probably another film of that title.
-- notice
select watches.user_id, watches.film_id, film_details.title, watches.watched_on, film_details.release_year
from watches
join film_details on film_details.film_id = watches.film_id
where watches.precision in ('exact', 'month', 'year')
  and cast(substr(watches.watched_on, 1, 4) as integer) < film_details.release_year - 1
order by watches.user_id, watches.film_id;
