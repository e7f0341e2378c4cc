-- Followed films this source was never asked about, behind a place, with what is known of them; and those of which it had
-- nothing, whose ids or titles have changed since (asked: 1). Films without an id are left out while :finder still looks
-- for them, and those about which a person decided. A title that no input gave is taken from a source that told it.
-- (What was learnt in this run may have come after the question, and before its answer. exists: mostly there are none.
-- scheme || '': found by the film; else all boxd ids there are would be looked through for each film.)
select
  films.film_id,
  exists (select 1 from jobs where jobs.film_id = films.film_id and jobs.source = :source) as asked,
  films.imdb_id as imdb,
  films.letterboxd_slug as letterboxd,
  case when exists (select 1 from film_aliases where film_aliases.scheme = 'boxd') then (
    select min(film_aliases.value)
    from film_aliases
    where film_aliases.film_id = films.film_id and film_aliases.scheme || '' = 'boxd'
  ) end as boxd,
  films.tmdb_id,
  films.media_type,
  coalesce(films.title, told.title) as title,
  coalesce(films.original_title, told.original_title) as original_title,
  coalesce(films.release_year, told.release_year) as release_year
from films
left join film_facts as told on films.title is null and told.film_id = films.film_id and told.source = (
  select coalesce(max(case source when :finder then source end), max(source))
  from film_facts
  where film_facts.film_id = films.film_id and film_facts.title is not null
)
where films.film_id > :after
  and films.followed = 1
  and (:scoped = 0 or films.film_id in (select film_id from temp.plan_scope))
  and not exists (
    select 1 from matches
    where matches.film_id = films.film_id and matches.source = :source and matches.decided_by = 'manual'
  )
  and films.updated_at > coalesce(
    (
      select max(
        case
          when jobs.state <> 'absent' then '9999'
          when jobs.run_id is not :run_id then coalesce(jobs.fetched_at, '')
          else ''
        end
      )
      from jobs
      where jobs.film_id = films.film_id and jobs.source = :source
    ),
    ''
  )
  and not (
    films.imdb_id is null and films.tmdb_id is null and :source <> :finder
    and exists (
      select 1 from jobs
      where jobs.film_id = films.film_id and jobs.source = :finder and jobs.state = 'pending'
    )
  )
order by films.film_id
limit :limit;
