-- What title.ratings said before.
delete from scores where source = :source;
