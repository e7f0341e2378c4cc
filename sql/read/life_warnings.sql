-- In how many of the films seen does what happen that somebody may not want to see?
select topic, films, films_voted, films_likely, films_certain, round(share_likely, 4) as share
from agg_warnings
where user_id = :user_id and period = coalesce(cast(:year as text), 'all')
  and dates = case when :year is null then 'any' else :dates end
order by share_likely desc, topic
limit :top;
