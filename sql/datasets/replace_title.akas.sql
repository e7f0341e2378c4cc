-- What title.akas said before.
delete from alternative_titles where source = :source;
