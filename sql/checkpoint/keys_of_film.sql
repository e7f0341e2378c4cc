-- What were other sources asked about a film, that nobody decided about there?
select source, key
from jobs
where film_id = :film_id and source <> :source
  and not exists (
    select 1 from matches
    where matches.film_id = jobs.film_id and matches.source = jobs.source and matches.decided_by = 'manual'
  );
