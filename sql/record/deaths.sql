-- One row of deaths; an upstream that repeats itself within an answer is taken at its last word.
insert into deaths (
  film_id, source, actor, character, how
)
values (
  :film_id, :source, :actor, :character, :how
)
on conflict (film_id, source, actor, character) do update set
  how = excluded.how;
