-- One row per film that counts in the kpi_ tables and per release year: its status is one of [aggregate] keep_status.
-- The budget of a film that never came out is no loss yet. A film whose status nobody tells does not count.
-- needs: film_facts.status
drop table if exists kpi_films;
create table kpi_films (
  film_id integer primary key,           -- the film
  title text,                            -- its title
  release_year integer,                  -- its year
  collection text,                       -- series of films it belongs to; null: none
  budget_musd real,                      -- production budget in millions of US dollars; null: not known
  revenue_musd real,                     -- takings in millions of US dollars; null: not known
  profit_musd real,                      -- revenue minus budget; null where one of them is not known
  roi real,                              -- profit / budget; null where one of them is not known
  rating real,                           -- TMDb's rating, to 10; null: no votes
  votes integer not null,                -- votes for it at TMDb; 0: none, or not known
  popularity real                        -- TMDb's figure of the day
);
insert into kpi_films
select
  film_id, title, release_year, collection, budget_musd, revenue_musd, profit_musd, roi, tmdb_rating,
  coalesce(tmdb_votes, 0), popularity
from film_details
where status in (
  select substr(name, 13) from aggregate_settings where substr(name, 1, 12) = 'keep_status/'
)
order by film_id;
