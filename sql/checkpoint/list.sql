-- Which is an upstream's list of this name?
select list_id from lists where name = :name and origin = :origin and user_id is null;
