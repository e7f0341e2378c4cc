-- What was loaded of a file before.
select loaded_stamp, rows_read, rows_kept from dataset_files where name = :name and loaded_at is not null;
