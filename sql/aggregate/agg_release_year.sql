-- One row per release year of the films of kpi_films. Each figure is of the films of which it is known.
drop table if exists agg_release_year;
create table agg_release_year (
  release_year integer primary key,      -- year of release
  films integer not null,                -- films released in it
  revenue_musd real,                     -- known takings in all, in millions of US dollars; null: none is known
  budget_musd real,                      -- known budgets in all, in millions of US dollars; null: none is known
  median_budget_musd real,               -- median of the known budgets
  films_with_profit integer not null,    -- films whose profit is known: budget and revenue are
  profit_musd real,                      -- their profit in all, in millions of US dollars; null: there are none
  median_roi real,                       -- median of their return on investment (profit / budget)
  rated_films integer not null,          -- films with a rating at TMDb
  mean_rating real                       -- mean of TMDb's ratings of these, to 10
);
insert into agg_release_year
with dated as (
  select * from kpi_films where release_year is not null
),
figures (release_year, figure, value) as (
  select release_year, 'budget', budget_musd from dated where budget_musd is not null union all
  select release_year, 'roi', roi from dated where roi is not null
),
in_order as (
  select
    release_year, figure, value,
    row_number() over (partition by release_year, figure order by value) as place,
    count(*) over (partition by release_year, figure) as known
  from figures
),
medians as (  -- the one in the middle, or the mean of the two
  select
    release_year,
    avg(case figure when 'budget' then value end) as budget_musd,
    avg(case figure when 'roi' then value end) as roi
  from in_order
  where place * 2 between known and known + 2
  group by release_year
),
totals as (
  select
    release_year, count(*) as films, sum(revenue_musd) as revenue_musd, sum(budget_musd) as budget_musd,
    count(profit_musd) as films_with_profit, sum(profit_musd) as profit_musd,
    count(rating) as rated_films, avg(rating) as mean_rating
  from dated
  group by release_year
)
select
  totals.release_year, totals.films, totals.revenue_musd, totals.budget_musd, medians.budget_musd,
  totals.films_with_profit, totals.profit_musd, medians.roi, totals.rated_films, totals.mean_rating
from totals
left join medians on medians.release_year = totals.release_year
order by totals.release_year;
