-- Add a batch to the run's figures.
update run_sources
set
  planned = planned - :joined,
  done = done + :done,
  absent = absent + :absent,
  failed = failed + :failed,
  broken = broken + :broken,
  requests = requests + :requests,
  retried = retried + :retried
where run_id = :run_id and source = :source;
