-- One row per film of kpi_films with a budget from min_budget_for_roi and a known revenue, the lowest return first.
-- needs: film_facts.budget_usd, film_facts.revenue_usd
drop table if exists kpi_lowest_roi;
create table kpi_lowest_roi (
  rank integer primary key,              -- place, from 1; ties by votes, then by the film's number
  film_id integer not null,              -- the film
  title text,                            -- its title
  release_year integer,                  -- its year
  roi real not null,                     -- profit / budget
  revenue_musd real not null,            -- takings in millions of US dollars
  budget_musd real not null,             -- production budget in millions of US dollars
  profit_musd real not null,             -- revenue minus budget in millions of US dollars
  rating real,                           -- TMDb's rating, to 10; null: not known
  votes integer not null                 -- votes for it at TMDb
);
insert into kpi_lowest_roi
select
  row_number() over (order by roi, votes desc, film_id),
  film_id, title, release_year, roi, revenue_musd, budget_musd, profit_musd, rating, votes
from kpi_films
where roi is not null
  and budget_musd >= (select value from aggregate_settings where name = 'min_budget_for_roi') / 1000000
order by 1;
