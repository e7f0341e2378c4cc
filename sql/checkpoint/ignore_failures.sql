-- Accept the failures of a film, or of a key.
update failures
set ignored = 1
where ignored = 0
  and (:source is null or source = :source)
  and (key = :film or film_id in (select film_id from film_aliases where value = :film));
