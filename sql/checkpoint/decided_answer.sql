-- Is what the source says of this film the answer to this key, and to no other?
select
  exists (
    select 1 from jobs
    where film_id = :film_id and source = :source and key = :key and state = 'done' and coalesce(reason, '') <> 'lookup'
  )
  and not exists (
    select 1 from jobs
    where film_id = :film_id and source = :source and key <> :key and state <> 'absent' and coalesce(reason, '') <> 'lookup'
  );
