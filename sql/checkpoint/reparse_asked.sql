-- How many questions wait at a source for a run to ask them?
select count(*) from jobs where run_id is null and source = :source and state = 'pending';
