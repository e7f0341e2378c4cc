-- No answer is older than half a year: mwi-crawl full asks again for what has grown old.
-- notice
-- not portable: SQLite's date function; elsewhere subtract an interval of 180 days.
select source, count(*) as answers, min(fetched_at) as oldest
from jobs
where state = 'done'
  and fetched_at < date((select value from aggregate_settings where name = 'computed_at'), '-180 days')
group by source
order by source;
