-- A video of a channel that publishes trailers. A title that was edited is read anew, and then placed anew.
insert into trailers (
  video_id, channel, raw_title, kind, title, release_year, media_type, season, published_at, first_seen_at, seen_at
)
values (
  :video_id, :channel, :raw_title, :kind, :title, :release_year, :media_type, :season, :published_at, :now, :now
)
on conflict (video_id) do update set
  film_id = case when trailers.title is excluded.title then trailers.film_id end,
  channel = excluded.channel,
  raw_title = excluded.raw_title,
  kind = excluded.kind,
  title = excluded.title,
  release_year = excluded.release_year,
  media_type = excluded.media_type,
  season = excluded.season,
  published_at = coalesce(excluded.published_at, trailers.published_at),
  seen_at = excluded.seen_at;
