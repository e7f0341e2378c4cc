-- How many films on which weekday, in one year or in all?
select name as weekday, sum(viewings) as viewings, sum(days) as days
from agg_weekday
where user_id = :user_id and dates = :dates and (:year is null or year = :year)
group by weekday, name
order by agg_weekday.weekday
limit :top;
