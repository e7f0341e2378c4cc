-- One row of film_keywords; an upstream may repeat itself within an answer.
insert into film_keywords (
  film_id, source, keyword
)
values (
  :film_id, :source, :keyword
)
on conflict (film_id, source, keyword) do nothing;
