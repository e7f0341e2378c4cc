-- Ids that the datasets do not have, nor the film by another id.
select jobs.key as imdb_id
from jobs
where jobs.source = :source
  and jobs.state = 'absent'
  and not exists (
    select 1 from jobs as other
    where other.film_id = jobs.film_id and other.source = jobs.source and other.state = 'done'
  )
order by jobs.key;
