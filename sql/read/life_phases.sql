-- When did one person dominate, and when long or short films?
select 'person' as phase, name as what, job as of_what, started_on, ended_on, viewings
from agg_person_phases
where user_id = :user_id and dates = :dates
  and (:year is null or :year between cast(substr(started_on, 1, 4) as integer) and cast(substr(ended_on, 1, 4) as integer))
union all
select 'length', kind || ' films', 'runtime', started_on, ended_on, viewings
from agg_runtime_phases
where user_id = :user_id and dates = :dates
  and (:year is null or :year between cast(substr(started_on, 1, 4) as integer) and cast(substr(ended_on, 1, 4) as integer))
order by 6 desc, 4, 2
limit :top;
