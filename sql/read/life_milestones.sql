-- Which film was the 1st, the 50th, the 100th …?
select number, counted, day, title, release_year, rating
from agg_milestones
where user_id = :user_id and dates = :dates and (:year is null or cast(substr(day, 1, 4) as integer) = :year)
order by number, counted
limit :top;
