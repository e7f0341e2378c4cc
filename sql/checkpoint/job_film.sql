-- About which film is this question?
select film_id from jobs where source = :source and key = :key;
