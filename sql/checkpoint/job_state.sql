-- How does this job stand, and whose is it?
select state, ready_at, film_id from jobs where source = :source and key = :key;
