-- Is this body kept already?
select 1 from bodies where body_hash = :body_hash;
