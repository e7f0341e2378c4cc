-- How does this job stand, whose is it, and which run had it last?
select state, reason, ready_at, film_id, run_id from jobs where source = :source and key = :key;
