-- What title.crew said before. It has the last word on directors and writers.
delete from credits where source = :source and job in ('director', 'writer');
