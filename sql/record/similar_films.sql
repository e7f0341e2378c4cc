-- One row of similar_films; an upstream that repeats itself within an answer is taken at its last word.
insert into similar_films (
  film_id, source, scheme, value, title, release_year, position
)
values (
  :film_id, :source, :scheme, :value, :title, :release_year, :position
)
on conflict (film_id, source, scheme, value) do update set
  title = excluded.title,
  release_year = excluded.release_year,
  position = excluded.position;
