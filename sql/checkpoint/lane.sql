-- A lane's figures so far.
select planned, done, absent, failed, broken, requests, retried, seconds
from run_sources
where run_id = :run_id and source = :source;
