-- Which films go by a title like this (:pattern, with % for what is left out), and by which titles?
select film_id, title, release_year from films where title like :pattern
union
select film_id, original_title, release_year from films where original_title like :pattern
union
select film_facts.film_id, film_facts.title, coalesce(films.release_year, film_facts.release_year)
from film_facts
join films on films.film_id = film_facts.film_id
where film_facts.title like :pattern
union
select film_facts.film_id, film_facts.original_title, coalesce(films.release_year, film_facts.release_year)
from film_facts
join films on films.film_id = film_facts.film_id
where film_facts.original_title like :pattern;
