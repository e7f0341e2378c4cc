-- How many jobs about films has this run to do at this source?
select count(*) from jobs where run_id = :run_id and source = :source and state = 'pending' and film_id is not null;
