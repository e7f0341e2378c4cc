-- Why do films or viewings not count in the years?
select reason, films_missing as films, viewings
from agg_left_out
where user_id = :user_id and dates = :dates and tbl = 'agg_year'
order by films_missing desc, reason;
