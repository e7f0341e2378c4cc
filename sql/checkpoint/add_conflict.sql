-- An answer that is not applied; a saved page that is imported twice is one answer.
insert into conflicts (film_id, source, key, at, body_hash, reason)
select :film_id, :source, :key, :at, :body_hash, :reason
where not exists (
  select 1 from conflicts
  where film_id is :film_id and source = :source and key = :key and at = :at and body_hash is :body_hash
);
