-- A file was read, and its rows about our films are stored.
insert into dataset_files (name, size, loaded_at, loaded_stamp, rows_read, rows_kept, seconds)
values (:name, :size, :now, :stamp, :rows_read, :rows_kept, :seconds)
on conflict (name) do update set
  size = excluded.size,
  loaded_at = excluded.loaded_at,
  loaded_stamp = excluded.loaded_stamp,
  rows_read = excluded.rows_read,
  rows_kept = excluded.rows_kept,
  seconds = excluded.seconds;
