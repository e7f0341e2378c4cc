-- One row of content_warnings; an upstream that repeats itself within an answer is taken at its last word.
insert into content_warnings (
  film_id, source, topic, category, yes, no, comments
)
values (
  :film_id, :source, :topic, :category, :yes, :no, :comments
)
on conflict (film_id, source, topic) do update set
  category = excluded.category,
  yes = excluded.yes,
  no = excluded.no,
  comments = excluded.comments;
