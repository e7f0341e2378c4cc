-- One row per person, job and director, writer or actor in the films seen: the most watched and the best rated.
-- Every film that was seen counts, dated or not, and nobody is cut off: how many films make a mean worth reading is for
-- the reader to say (films, rated, compared). Ids of different sources may be one person's: same_people says which.
-- needs: credits
drop table if exists agg_people;
create table agg_people (
  user_id integer not null,              -- the person whose films these are
  job text not null,                     -- director, writer, actor
  person_id text not null,               -- director, writer or actor (tmdb:…, else imdb:…, else name:…)
  name text not null,                    -- name
  films integer not null,                -- films of theirs that were seen
  viewings integer not null,             -- viewings of these; a film without a dated viewing counts as one
  rated integer not null,                -- of the films, those with stars
  mean_rating real,                      -- mean of these stars, 0.5 to 5
  compared integer not null,             -- of these, those with a rating at IMDb
  difference real,                       -- mean of 2 × stars - IMDb's rating over them
  primary key (user_id, job, person_id)
);
insert into agg_people
with people_of as (
  select credited.film_id, credited.job, same_people.person_id, min(credited.name) as name
  from film_chosen_credits as credited
  join same_people on same_people.credited_id = credited.person_id and same_people.name = credited.name
  where credited.job in ('director', 'writer', 'actor')
  group by credited.film_id, credited.job, same_people.person_id
),
times_seen as (
  select user_id, film_id, count(*) as viewings
  from agg_viewings
  where dates = 'viewing'
  group by user_id, film_id
)
select
  seen_films.user_id, people_of.job, people_of.person_id, min(people_of.name),
  count(*),
  sum(coalesce(times_seen.viewings, 1)),
  count(seen_films.rating),
  avg(seen_films.rating),
  count(seen_films.rating + film_details.rating),
  avg(2 * seen_films.rating - film_details.rating)
from seen_films
join people_of on people_of.film_id = seen_films.film_id
left join film_details on film_details.film_id = seen_films.film_id
left join times_seen on times_seen.user_id = seen_films.user_id and times_seen.film_id = seen_films.film_id
group by seen_films.user_id, people_of.job, people_of.person_id
order by seen_films.user_id, people_of.job, people_of.person_id;
