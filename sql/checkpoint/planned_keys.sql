-- What will this run ask first?
select key from jobs where run_id = :run_id and source = :source and state = 'pending';
