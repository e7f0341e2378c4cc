-- Which downloaded files about all films were used, and when?
select name, modified_at, fetched_at, loaded_at, rows_kept from dataset_files order by name;
