-- A film's own columns show only ids that it still bears.
update films
set
  imdb_id = (
    select coalesce(max(case when film_aliases.value = films.imdb_id then film_aliases.value end), min(film_aliases.value))
    from film_aliases
    where film_aliases.film_id = films.film_id and film_aliases.scheme = 'imdb'
  ),
  tmdb_id = case
    when exists (
      select 1 from film_aliases
      where film_aliases.film_id = films.film_id and film_aliases.value = cast(films.tmdb_id as text)
        and film_aliases.scheme = case films.media_type when 'tv' then 'tmdb_tv' else 'tmdb_movie' end
    ) then films.tmdb_id
  end,
  updated_at = :now
where film_id = :film_id;
