-- Titles that were looked up and are not decided, nor found since by an id: what each source offers, best first.
create view v_matches_open as
select
  films.film_id as film_id,              -- film
  films.imdb_id as imdb_id,              -- its IMDb id
  matches.title as title,                -- title asked for
  matches.release_year as release_year,  -- year asked for
  matches.source as source,              -- where it was looked up
  matches.confidence as confidence,      -- of the best candidate, 0 to 1
  matches.candidates as candidates       -- what was offered: JSON list of id, title, year, confidence
from matches
join films on films.film_id = matches.film_id
where matches.decided_by is null and matches.candidates <> '[]'
  and not exists (
    select 1 from jobs
    where jobs.film_id = matches.film_id and jobs.source = matches.source and jobs.state = 'done'
      and coalesce(jobs.reason, '') <> 'lookup'
  );
