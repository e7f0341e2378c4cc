-- What title.basics says of a film.
insert into film_facts (
  film_id, source, title, original_title, title_type, adult, release_year, end_year, runtime_minutes
)
values (
  :film_id, :source, :title, :original_title, :title_type, :adult, :release_year, :end_year, :runtime_minutes
)
on conflict (film_id, source) do update set
  title = excluded.title,
  original_title = excluded.original_title,
  title_type = excluded.title_type,
  adult = excluded.adult,
  release_year = excluded.release_year,
  end_year = excluded.end_year,
  runtime_minutes = excluded.runtime_minutes;
