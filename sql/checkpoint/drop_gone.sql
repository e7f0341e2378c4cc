-- A film that seemed gone in this run is there after all.
delete from run_films where run_id = :run_id and source = :source and film_id = :film_id and what = 'gone';
