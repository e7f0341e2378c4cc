-- One row of film_countries; an upstream that repeats itself within an answer is taken at its last word.
insert into film_countries (
  film_id, source, country, name, position
)
values (
  :film_id, :source, :country, :name, :position
)
on conflict (film_id, source, country) do update set
  name = excluded.name,
  position = excluded.position;
