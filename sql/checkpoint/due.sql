-- How many jobs has this run to do at this source?
select count(*) from jobs where run_id = :run_id and source = :source and state = 'pending';
