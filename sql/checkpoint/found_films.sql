-- How many films has this run followed because a list names them?
select count(distinct film_id)
from run_films
where run_id = :run_id and what = 'found' and source in (select origin from lists where user_id is null);
