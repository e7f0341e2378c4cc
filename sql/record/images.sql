-- One row of images; an upstream that repeats itself within an answer is taken at its last word.
insert into images (
  film_id, source, kind, path, width, height, language, score, votes
)
values (
  :film_id, :source, :kind, :path, :width, :height, :language, :score, :votes
)
on conflict (film_id, source, kind, path) do update set
  width = excluded.width,
  height = excluded.height,
  language = excluded.language,
  score = excluded.score,
  votes = excluded.votes;
