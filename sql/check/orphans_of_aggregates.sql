-- Every film that a table for people speaks of is one of the films.
select 'film_details' as tbl, film_id
from film_details
where film_id not in (select film_id from films)
union all
select 'film_rankings', film_id
from film_rankings
where film_id not in (select film_id from films)
order by 1, 2;
