-- With which film did a year, or all of it, begin, and with which did it end?
select film_details.title, film_details.release_year, seen.watched_on as seen_on, seen.rating
from agg_viewings as seen
join film_details on film_details.film_id = seen.film_id
where seen.user_id = :user_id and seen.dates = :dates and (:year is null or seen.year = :year) and seen.precision = 'exact'
  and seen.place in (
    select min(place) from agg_viewings
    where user_id = :user_id and dates = :dates and (:year is null or year = :year) and precision = 'exact'
    union all
    select max(place) from agg_viewings
    where user_id = :user_id and dates = :dates and (:year is null or year = :year) and precision = 'exact'
  )
order by seen.place;
