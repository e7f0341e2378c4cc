-- How far are the days of a list of changes (:start: what its keys begin with)? One row per day, the oldest first: the
-- worst state of its pages, and how many there are.
select
  substr(key, length(:start) + 1, 10) as day,
  count(*) as pages,
  case min(case state when 'broken' then 0 when 'absent' then 1 when 'failed' then 2 when 'pending' then 3 else 4 end)
    when 0 then 'broken' when 1 then 'absent' when 2 then 'failed' when 3 then 'pending' else 'done'
  end as state
from jobs
where source = :source and key >= :start and key < :start || 'a'
group by 1
order by 1;
