-- Stars lie between half a star and five, wherever they are kept.
select 'ratings' as tbl, user_id, film_id, rating
from ratings
where rating < 0.5 or rating > 5
union all
select 'watches', user_id, film_id, rating
from watches
where rating < 0.5 or rating > 5
order by 1, 2, 3;
