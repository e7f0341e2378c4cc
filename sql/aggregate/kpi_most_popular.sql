-- One row per film of kpi_films with a popularity at TMDb, the most popular first.
-- needs: film_facts.popularity
drop table if exists kpi_most_popular;
create table kpi_most_popular (
  rank integer primary key,              -- place, from 1; ties by votes, then by the film's number
  film_id integer not null,              -- the film
  title text,                            -- its title
  release_year integer,                  -- its year
  popularity real not null,              -- TMDb's figure of the day
  rating real,                           -- TMDb's rating, to 10; null: not known
  revenue_musd real,                     -- takings in millions of US dollars; null: not known
  votes integer not null                 -- votes for it at TMDb
);
insert into kpi_most_popular
select
  row_number() over (order by popularity desc, votes desc, film_id),
  film_id, title, release_year, popularity, rating, revenue_musd, votes
from kpi_films
where popularity is not null
order by 1;
