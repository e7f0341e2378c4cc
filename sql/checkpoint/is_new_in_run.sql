-- Has this run found the film new at the source?
select exists (
  select 1 from run_films where run_id = :run_id and source = :source and film_id = :film_id and what = 'new'
);
