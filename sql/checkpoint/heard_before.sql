-- Of how many films was last heard before :before, by keys with this prefix, and when of the oldest; and up to which day
-- the changes of this kind are known, from how many pages a day.
select
  count(*) as films,
  min(jobs.fetched_at) as oldest,
  (select read_to from change_lists where change_lists.source = :source and change_lists.prefix = :prefix) as read_to,
  (select pages from change_lists where change_lists.source = :source and change_lists.prefix = :prefix) as pages
from jobs
where jobs.source = :source and jobs.key >= :prefix and jobs.key < :prefix || '~'
  and jobs.state = 'done' and coalesce(jobs.reason, '') <> 'lookup' and jobs.fetched_at < :before
  and jobs.film_id is not null;
