-- One row of film_genres; an upstream that repeats itself within an answer is taken at its last word.
insert into film_genres (
  film_id, source, genre, position
)
values (
  :film_id, :source, :genre, :position
)
on conflict (film_id, source, genre) do update set
  position = excluded.position;
