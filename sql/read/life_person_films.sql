-- Which films of one person were seen, and how were they liked?
select distinct film_details.release_year, film_details.title, seen_films.rating, film_details.rating as imdb_rating
from film_main_credits
join seen_films on seen_films.film_id = film_main_credits.film_id and seen_films.user_id = :user_id
join film_details on film_details.film_id = film_main_credits.film_id
where film_main_credits.name = :name
order by film_details.release_year, film_details.title;
