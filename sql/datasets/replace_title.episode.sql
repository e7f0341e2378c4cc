-- What title.episode said before; what title.basics says of a series stays.
update film_facts set seasons = null, episodes = null where source = :source and episodes is not null;
