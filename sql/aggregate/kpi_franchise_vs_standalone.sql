-- One row per kind of film of kpi_films: those that belong to a series (TMDb's collections), and those that do not.
-- Each figure is of the films of which it is known.
-- needs: film_facts.collection
drop table if exists kpi_franchise_vs_standalone;
create table kpi_franchise_vs_standalone (
  kind text primary key check (kind in ('franchise', 'standalone')), -- franchise, standalone
  films integer not null,                -- films
  mean_revenue_musd real,                -- mean of the known revenues in millions of US dollars; null: none
  median_roi real,                       -- median of the known returns on investment (profit / budget)
  mean_budget_musd real,                 -- mean of the known budgets in millions of US dollars
  mean_popularity real,                  -- mean of TMDb's popularity
  mean_rating real                       -- mean of TMDb's ratings, to 10
);
insert into kpi_franchise_vs_standalone
with counted as (
  select
    case when collection is null then 'standalone' else 'franchise' end as kind,
    revenue_musd, budget_musd, roi, popularity, rating
  from kpi_films
),
returns as (
  select
    kind, roi, row_number() over (partition by kind order by roi) as place, count(*) over (partition by kind) as known
  from counted
  where roi is not null
),
medians as (  -- the one in the middle, or the mean of the two
  select kind, avg(roi) as median_roi
  from returns
  where place * 2 between known and known + 2
  group by kind
),
means as (
  select
    kind, count(*) as films, avg(revenue_musd) as mean_revenue_musd, avg(budget_musd) as mean_budget_musd,
    avg(popularity) as mean_popularity, avg(rating) as mean_rating
  from counted
  group by kind
)
select
  means.kind, means.films, means.mean_revenue_musd, medians.median_roi, means.mean_budget_musd, means.mean_popularity,
  means.mean_rating
from means
left join medians on medians.kind = means.kind
order by means.kind;
