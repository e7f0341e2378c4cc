-- Rows of an earlier import of the same kind that this one no longer has: of its owner, and of the people it names.
select user_id, film_id
from import_entries
where kind = :kind and last_import_id <> :import_id and gone_at is null
  and (
    user_id = :user_id
    or user_id in (select e.user_id from import_entries as e where e.kind = :kind and e.last_import_id = :import_id)
  );
