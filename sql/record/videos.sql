-- One row of videos; an upstream that repeats itself within an answer is taken at its last word.
insert into videos (
  film_id, source, site, video_key, name, kind, language, official, published_at
)
values (
  :film_id, :source, :site, :video_key, :name, :kind, :language, :official, :published_at
)
on conflict (film_id, source, site, video_key) do update set
  name = excluded.name,
  kind = excluded.kind,
  language = excluded.language,
  official = excluded.official,
  published_at = excluded.published_at;
