-- Mark them; they are kept.
update import_entries
set gone_at = :now
where kind = :kind and last_import_id <> :import_id and gone_at is null
  and (
    (
      :complete
      and (
        user_id = :user_id
        or user_id in (select e.user_id from import_entries as e where e.kind = :kind and e.last_import_id = :import_id)
      )
    )
    or (user_id, list_name) in (
      select e.user_id, e.list_name from import_entries as e where e.kind = :kind and e.last_import_id = :import_id
    )
  );
