-- Nobody has decided about this film at this source: what was offered for its title stays.
update matches
set chosen = null, decided_by = null, decided_at = null
where film_id = :film_id and source = :source;

delete from matches where film_id = :film_id and source = :source and candidates = '[]';
