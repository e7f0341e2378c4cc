-- One row of film_languages; an upstream that repeats itself within an answer is taken at its last word.
insert into film_languages (
  film_id, source, language, name, position
)
values (
  :film_id, :source, :language, :name, :position
)
on conflict (film_id, source, language) do update set
  name = excluded.name,
  position = excluded.position;
