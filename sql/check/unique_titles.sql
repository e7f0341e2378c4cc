-- No two films have the same title, year and directors: such are probably one film that was met by two ids.
-- notice
select title, release_year, directors, count(*) as films, min(film_id) as first_film_id, max(film_id) as last_film_id
from film_details
where title is not null and release_year is not null and directors is not null
group by title, release_year, directors
having count(*) > 1
order by title, release_year;
