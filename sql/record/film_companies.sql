-- One row of film_companies; an upstream that repeats itself within an answer is taken at its last word.
insert into film_companies (
  film_id, source, company, country, position
)
values (
  :film_id, :source, :company, :country, :position
)
on conflict (film_id, source, company) do update set
  country = excluded.country,
  position = excluded.position;
