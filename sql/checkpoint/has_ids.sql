-- Does this film bear an id of anybody's?
select exists (select 1 from film_aliases where film_id = :film_id and scheme <> 'film');
