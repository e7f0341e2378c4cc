-- Every film has exactly one row in film_details.
select films.film_id, films.title, count(film_details.film_id) as rows_found
from films
left join film_details on film_details.film_id = films.film_id
group by films.film_id, films.title
having count(film_details.film_id) <> 1
order by films.film_id;
