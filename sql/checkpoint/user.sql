-- A person's number.
select user_id from users where name = :name;
