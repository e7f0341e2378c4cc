-- A file was downloaded, or confirmed to be the newest.
insert into dataset_files (name, etag, modified_at, size, fetched_at)
values (:name, :etag, :modified_at, :size, :now)
on conflict (name) do update set
  etag = excluded.etag,
  modified_at = excluded.modified_at,
  size = excluded.size,
  fetched_at = excluded.fetched_at;
