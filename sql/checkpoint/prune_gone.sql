-- Delete the gone rows of this kind.
delete from import_entries where kind = :kind and user_id = :user_id and gone_at is not null;
