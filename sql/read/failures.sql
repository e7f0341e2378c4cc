-- What failed and is not answered yet?
select imdb_id, title, source, key, state, class, attempts, next_try, at, message
from v_failures_open
where :source is null or source = :source
order by source, failure_id;
