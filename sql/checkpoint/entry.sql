-- What this person's file of this kind said before in this row.
select
  entry_id, user_id, film_id, stars, rated_on, watched, watched_on, precision, rewatch, liked, list_name, position, added_on,
  note, last_import_id, gone_at
from import_entries
where user_id = :user_id and kind = :kind and entry_key = :entry_key;
