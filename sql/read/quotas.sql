-- What is used of each quota? The day's comes first, then the month's.
select source, period, used, "limit", resets_at
from quotas
order by source, case period when 'day' then 1 when 'month' then 2 else 3 end;
