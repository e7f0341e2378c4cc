-- How many films in which month, of one year or of all?
select month, sum(viewings) as viewings, sum(minutes) as minutes
from agg_month
where user_id = :user_id and dates = :dates and (:year is null or year = :year)
group by month
order by month
limit :top;
