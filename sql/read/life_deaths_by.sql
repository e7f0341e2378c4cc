-- Spoilers: who died most often on screen, in which film, or how?
select spoiler_value as what, deaths, films
from agg_deaths
where user_id = :user_id and counted_by = :counted_by
order by place
limit :top;
