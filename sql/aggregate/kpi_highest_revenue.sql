-- One row per film of kpi_films with a known revenue, the highest first.
-- needs: film_facts.revenue_usd
drop table if exists kpi_highest_revenue;
create table kpi_highest_revenue (
  rank integer primary key,              -- place, from 1; ties by votes, then by the film's number
  film_id integer not null,              -- the film
  title text,                            -- its title
  release_year integer,                  -- its year
  revenue_musd real not null,            -- takings in millions of US dollars
  budget_musd real,                      -- production budget in millions of US dollars; null: not known
  profit_musd real,                      -- revenue minus budget in millions of US dollars; null: not known
  roi real,                              -- profit / budget; null: not known
  rating real,                           -- TMDb's rating, to 10; null: not known
  votes integer not null                 -- votes for it at TMDb
);
insert into kpi_highest_revenue
select
  row_number() over (order by revenue_musd desc, votes desc, film_id),
  film_id, title, release_year, revenue_musd, budget_musd, profit_musd, roi, rating, votes
from kpi_films
where revenue_musd is not null
order by 1;
