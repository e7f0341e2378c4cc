-- A kept body, compressed.
select body from bodies where body_hash = :body_hash;
