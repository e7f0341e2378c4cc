-- What title.principals said before: directors and writers too, where no title.crew was ever read (:crew 0).
delete from credits where source = :source and (:crew = 0 or job not in ('director', 'writer'));
