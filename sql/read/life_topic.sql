-- In how many of the films seen, in one year and ever, does one thing happen?
select period, films, films_voted, films_likely, films_certain, share_likely
from agg_warnings
where user_id = :user_id and topic = :topic
  and ((period = 'all' and dates = 'any') or (period = cast(:year as text) and dates = :dates))
order by period;
