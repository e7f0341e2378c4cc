-- Which films were liked best, in one year or ever, by the stars given then?
select
  film_details.title, film_details.release_year, film_details.directors, max(seen.rating) as rating,
  max(seen.watched_on) as seen_on, film_details.rating as imdb_rating
from agg_viewings as seen
join film_details on film_details.film_id = seen.film_id
where seen.user_id = :user_id and seen.dates = :dates and (:year is null or seen.year = :year)
  and seen.rating is not null
group by seen.film_id, film_details.title, film_details.release_year, film_details.directors, film_details.rating
order by max(seen.rating) desc, film_details.rating desc, film_details.votes desc, seen.film_id
limit :top;
