-- How does this job stand?
select state, ready_at from jobs where source = :source and key = :key;
