-- What is remembered about this file under a name?
select value from settings where name = :name;
