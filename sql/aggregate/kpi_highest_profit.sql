-- One row per film of kpi_films whose budget and revenue are known, the highest profit first.
-- needs: film_facts.budget_usd, film_facts.revenue_usd
drop table if exists kpi_highest_profit;
create table kpi_highest_profit (
  rank integer primary key,              -- place, from 1; ties by votes, then by the film's number
  film_id integer not null,              -- the film
  title text,                            -- its title
  release_year integer,                  -- its year
  profit_musd real not null,             -- revenue minus budget in millions of US dollars
  revenue_musd real not null,            -- takings in millions of US dollars
  budget_musd real not null,             -- production budget in millions of US dollars
  roi real not null,                     -- profit / budget
  rating real,                           -- TMDb's rating, to 10; null: not known
  votes integer not null                 -- votes for it at TMDb
);
insert into kpi_highest_profit
select
  row_number() over (order by profit_musd desc, votes desc, film_id),
  film_id, title, release_year, profit_musd, revenue_musd, budget_musd, roi, rating, votes
from kpi_films
where profit_musd is not null
order by 1;
