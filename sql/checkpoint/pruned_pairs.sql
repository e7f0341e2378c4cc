-- Whose ratings and viewings change if the gone rows of this kind are deleted?
select distinct user_id, film_id from import_entries where kind = :kind and user_id = :user_id and gone_at is not null;
