-- Whose films were seen one after the other?
select viewings, name, job, films, started_on, ended_on
from agg_person_streaks
where user_id = :user_id and dates = :dates
  and (:year is null or :year between cast(substr(started_on, 1, 4) as integer) and cast(substr(ended_on, 1, 4) as integer))
order by viewings desc, films desc, started_on, job, name
limit :top;
