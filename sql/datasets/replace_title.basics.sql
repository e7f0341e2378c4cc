-- What title.basics said before; what another file of the source says of a film stays.
delete from film_genres where source = :source;
delete from film_facts where source = :source and seasons is null and episodes is null;
update film_facts
set
  title = null,
  original_title = null,
  title_type = null,
  adult = null,
  release_year = null,
  end_year = null,
  runtime_minutes = null
where source = :source;
