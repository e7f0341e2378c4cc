-- One row of alternative_titles; an upstream may repeat itself within an answer.
insert into alternative_titles (
  film_id, source, title, country, kind
)
values (
  :film_id, :source, :title, :country, :kind
)
on conflict (film_id, source, title, country, kind) do nothing;
