-- When is the next job of this lane due?
select min(ready_at) from jobs where run_id = :run_id and source = :source and state = 'pending';
