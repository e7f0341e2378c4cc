-- One row per film of kpi_films with min_votes_for_rating votes at TMDb or more, the lowest rating there first.
-- needs: scores
drop table if exists kpi_lowest_rated;
create table kpi_lowest_rated (
  rank integer primary key,              -- place, from 1; ties by votes, then by the film's number
  film_id integer not null,              -- the film
  title text,                            -- its title
  release_year integer,                  -- its year
  rating real not null,                  -- TMDb's rating, to 10
  popularity real,                       -- TMDb's figure of the day; null: not known
  revenue_musd real,                     -- takings in millions of US dollars; null: not known
  votes integer not null                 -- votes for it at TMDb
);
insert into kpi_lowest_rated
select
  row_number() over (order by rating, votes desc, film_id),
  film_id, title, release_year, rating, popularity, revenue_musd, votes
from kpi_films
where rating is not null
  and votes >= (select value from aggregate_settings where name = 'min_votes_for_rating')
order by 1;
