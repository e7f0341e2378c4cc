-- The last import of this kind by this person.
select import_id, sha256, include from imports where user_id = :user_id and kind = :kind order by import_id desc limit 1;
