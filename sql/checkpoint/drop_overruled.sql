-- Questions about a film beside the one a person decided on are over; one that waits for its answer is led to that one.
delete from jobs
where film_id = :film_id and source = :source and key <> :chosen and state <> 'pending';
