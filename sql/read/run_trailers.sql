-- Which trailers were met for the first time in a stretch of time, and of which films are they?
select
  trailers.video_id, trailers.channel, trailers.raw_title, trailers.kind, trailers.published_at, trailers.film_id,
  films.imdb_id, films.title, films.release_year,
  count(*) over () as total
from trailers
left join films on films.film_id = trailers.film_id
where trailers.first_seen_at >= :since and (:until is null or trailers.first_seen_at <= :until)
order by trailers.film_id is null, trailers.published_at desc, trailers.video_id
limit coalesce(:most, -1);
