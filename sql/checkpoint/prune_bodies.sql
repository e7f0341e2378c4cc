-- Bodies that no answer refers to.
delete from bodies
where body_hash not in (select body_hash from jobs where body_hash is not null)
  and body_hash not in (select body_hash from conflicts where body_hash is not null and resolved_at is null);
