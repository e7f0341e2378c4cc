-- The run's plan is complete.
update runs set planned_at = :now where run_id = :run_id;
