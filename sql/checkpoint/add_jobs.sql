-- Make jobs of a page's questions; one that is asked already, about whichever film, stays as it is. (In one statement:
-- a statement for each row takes twice the time.)
insert into jobs (source, key, film_id, state, ready_at, fallback, run_id)
select :source, key, film_id, 'pending', :now, fallback, :run_id
from temp.page_plan
where true
order by film_id
on conflict (source, key) do nothing;
