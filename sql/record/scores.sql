-- One row of scores; an upstream that repeats itself within an answer is taken at its last word.
insert into scores (
  film_id, source, system, value, scale, votes
)
values (
  :film_id, :source, :system, :value, :scale, :votes
)
on conflict (film_id, source, system) do update set
  value = excluded.value,
  scale = excluded.scale,
  votes = excluded.votes;
