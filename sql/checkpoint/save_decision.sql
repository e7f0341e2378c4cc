-- What a person decided about a film at a source; a film that was never looked up by title is named by what is known of it.
insert into matches (film_id, source, title, release_year, candidates, chosen, confidence, decided_by, decided_at)
select
  films.film_id,
  :source,
  coalesce(
    films.title,
    (select min(film_facts.title) from film_facts where film_facts.film_id = films.film_id),
    films.imdb_id,
    ''
  ),
  films.release_year,
  '[]',
  :chosen,
  null,
  'manual',
  :now
from films
where films.film_id = :film_id
on conflict (film_id, source) do update set
  chosen = excluded.chosen, decided_by = excluded.decided_by, decided_at = excluded.decided_at;
