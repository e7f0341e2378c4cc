-- The tables were made after the last answer and the last import.
select 'jobs' as tbl, max(fetched_at) as newest
from jobs
having max(fetched_at) > (select value from aggregate_settings where name = 'computed_at')
union all
select 'imports', max(imported_at)
from imports
having max(imported_at) > (select value from aggregate_settings where name = 'computed_at');
