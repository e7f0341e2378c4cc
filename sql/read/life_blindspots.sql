-- Which well-ranked films of favourite people were not seen yet?
select title, release_year, name as of_whom, job, round(score, 2) as score, votes
from agg_blind_spots
where user_id = :user_id
order by place_of_all, job, name
limit :top;
