-- What has a person decided about this film at this source?
select chosen from matches where film_id = :film_id and source = :source and decided_by = 'manual';
