-- Which well-ranked films of one person were not seen yet?
select title, release_year, job, round(score, 2) as score
from agg_blind_spots
where user_id = :user_id and name = :name
order by job, place;
