-- The films about which no source has told any facts yet, with the sources that answered and those that still may.
create view needs_enrichment as
select
  films.film_id as film_id,              -- film
  films.title as title,                  -- title
  films.release_year as release_year,    -- year
  films.imdb_id as imdb_id,              -- IMDb id
  (
    select group_concat(answered.source, '|')
    from (
      select source from film_source_state
      where film_source_state.film_id = films.film_id and film_source_state.state in ('done', 'absent')
      order by source
    ) as answered
  ) as answered,                         -- sources that answered, even if only that they have nothing: a|b; null: none
  (
    select group_concat(missing.source, '|')
    from (
      select source from film_source_state
      where film_source_state.film_id = films.film_id and film_source_state.state in ('pending', 'failed', 'broken')
      order by source
    ) as missing
  ) as missing                           -- sources that could be asked and have not answered: a|b; null: none
from films
where films.followed = 1
  and not exists (select 1 from film_facts where film_facts.film_id = films.film_id);
