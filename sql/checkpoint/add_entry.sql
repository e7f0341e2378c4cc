-- A row that was not there before.
insert into import_entries (
  user_id, kind, entry_key, film_id, stars, rated_on, watched, watched_on, precision, rewatch, liked, list_name, position,
  added_on, note, first_import_id, last_import_id
)
values (
  :user_id, :kind, :entry_key, :film_id, :stars, :rated_on, :watched, :watched_on, :precision, :rewatch, :liked, :list_name,
  :position, :added_on, :note, :import_id, :import_id
);
