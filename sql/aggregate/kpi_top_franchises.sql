-- One row per series of films (TMDb's collections) with a film of kpi_films whose revenue is known, the highest takings
-- in all first. Only the films in this file count, not the rest of the series.
-- needs: film_facts.collection, film_facts.revenue_usd
drop table if exists kpi_top_franchises;
create table kpi_top_franchises (
  rank integer primary key,              -- place, from 1; ties by votes for the films in all, then by name
  collection text not null,              -- the series
  films integer not null,                -- its films
  revenue_musd real not null,            -- what those with a known revenue took in all, in millions of US dollars
  mean_revenue_musd real not null,       -- mean of the known revenues
  budget_musd real,                      -- what those with a known budget cost in all; null: none is known
  mean_budget_musd real,                 -- mean of the known budgets
  mean_rating real,                      -- mean of TMDb's ratings, to 10; null: none is known
  mean_popularity real,                  -- mean of TMDb's popularity
  votes integer not null                 -- votes for its films at TMDb in all
);
insert into kpi_top_franchises
with totals as (
  select
    collection, count(*) as films, sum(revenue_musd) as revenue_musd, avg(revenue_musd) as mean_revenue_musd,
    sum(budget_musd) as budget_musd, avg(budget_musd) as mean_budget_musd, avg(rating) as mean_rating,
    avg(popularity) as mean_popularity, sum(votes) as votes
  from kpi_films
  where collection is not null
  group by collection
  having count(revenue_musd) > 0
)
select
  row_number() over (order by revenue_musd desc, votes desc, collection),
  collection, films, revenue_musd, mean_revenue_musd, budget_musd, mean_budget_musd, mean_rating, mean_popularity, votes
from totals
order by 1;
