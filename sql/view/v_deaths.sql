-- Who dies in a film, and how. It tells how films end.
create view v_deaths as
select
  films.film_id as film_id,              -- film
  coalesce(film_facts.title, films.title) as title, -- title
  coalesce(film_facts.release_year, films.release_year) as release_year, -- year
  deaths.actor as actor,                 -- actor who dies in it
  deaths.character as character,         -- part played, where the source names it
  deaths.how as how,                     -- the source's words
  deaths.page as page,                   -- the source's page that tells of it
  deaths.source as source                -- who says so
from deaths
join films on films.film_id = deaths.film_id
left join film_facts on film_facts.film_id = deaths.film_id and film_facts.source = 'tmdb';
