-- What the row says now.
update import_entries
set
  film_id = :film_id, stars = :stars, rated_on = :rated_on, watched = :watched, watched_on = :watched_on,
  precision = :precision, rewatch = :rewatch, liked = :liked, list_name = :list_name, position = :position, added_on = :added_on,
  note = :note,
  last_import_id = :import_id, gone_at = null
where entry_id = :entry_id;
