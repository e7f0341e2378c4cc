-- An answer that is not applied. One that has lost the same as the one before it tells nothing new.
insert into conflicts (film_id, source, key, at, body_hash, reason)
select :film_id, :source, :key, :at, :body_hash, :reason
where not exists (
  select 1 from conflicts
  where film_id is :film_id and source = :source and key = :key and reason = :reason and resolved_at is null
);
