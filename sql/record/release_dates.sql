-- One row of release_dates; an upstream that repeats itself within an answer is taken at its last word.
insert into release_dates (
  film_id, source, country, kind, released_on, certificate, note
)
values (
  :film_id, :source, :country, :kind, :released_on, :certificate, :note
)
on conflict (film_id, source, country, kind, released_on, note) do update set
  certificate = excluded.certificate;
