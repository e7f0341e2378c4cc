-- Whose rows has this import?
select distinct user_id from import_entries where last_import_id = :import_id;
