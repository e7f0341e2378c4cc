-- How far is a run at each source?
select source, state, reason, planned, done, absent, failed, broken, requests, retried, seconds
from run_sources
where run_id = :run_id
order by source;
