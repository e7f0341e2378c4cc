-- How many seasons and episodes of a series title.episode lists.
insert into film_facts (film_id, source, seasons, episodes)
values (:film_id, :source, :seasons, :episodes)
on conflict (film_id, source) do update set
  seasons = excluded.seasons,
  episodes = excluded.episodes;
