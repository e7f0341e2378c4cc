-- One row per user × director × actor who made a film together that the user has seen; the actor in its main cast. Who
-- directs and plays in the same film is no edge to themselves. What the edges hang together to:
-- agg_network_communities.
drop table if exists agg_network_edges;
create table agg_network_edges (
  user_id integer not null,              -- who has seen the films
  director_id text not null,             -- director
  actor_id text not null,                -- actor
  director text not null,                -- the director's name
  actor text not null,                   -- the actor's name
  films integer not null,                -- films of both that the user has seen
  rated integer not null,                -- of these, films the user has rated
  mean_rating real,                      -- the user's mean rating of them, 0.5 to 5 stars; null: none is rated
  primary key (user_id, director_id, actor_id)
);
insert into agg_network_edges
select
  seen.user_id, directed.person_id, played.person_id, min(directed.name), min(played.name),
  count(*), count(seen.rating), avg(seen.rating)
from seen_films as seen
join film_main_credits as directed on directed.film_id = seen.film_id and directed.job = 'director'
join film_main_credits as played on played.film_id = seen.film_id and played.job = 'actor'
where directed.person_id <> played.person_id
group by seen.user_id, directed.person_id, played.person_id
order by 1, 2, 3;
