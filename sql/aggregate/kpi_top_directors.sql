-- One row per director of at least one film of kpi_films with a known revenue, the highest takings in all first.
-- A film of two directors counts for both.
-- needs: credits, film_facts.revenue_usd
drop table if exists kpi_top_directors;
create table kpi_top_directors (
  rank integer primary key,              -- place, from 1; ties by votes for the films in all, then by person_id
  person_id text not null,               -- the director
  director text not null,                -- name
  films integer not null,                -- films of theirs
  revenue_musd real not null,            -- what those with a known revenue took in all, in millions of US dollars
  mean_revenue_musd real not null,       -- mean of the known revenues
  mean_rating real,                      -- mean of TMDb's ratings, to 10; null: none is known
  votes integer not null                 -- votes for them at TMDb in all
);
insert into kpi_top_directors
with directed as (
  select distinct same_people.person_id, film_chosen_credits.name, film_chosen_credits.film_id
  from film_chosen_credits
  join same_people
    on same_people.credited_id = film_chosen_credits.person_id and same_people.name = film_chosen_credits.name
  where film_chosen_credits.job = 'director'
),
totals as (
  select
    directed.person_id, min(directed.name) as name, count(*) as films, sum(kpi_films.revenue_musd) as revenue_musd,
    avg(kpi_films.revenue_musd) as mean_revenue_musd, avg(kpi_films.rating) as mean_rating,
    sum(kpi_films.votes) as votes
  from directed
  join kpi_films on kpi_films.film_id = directed.film_id
  group by directed.person_id
  having count(kpi_films.revenue_musd) > 0
)
select
  row_number() over (order by revenue_musd desc, votes desc, person_id),
  person_id, name, films, revenue_musd, mean_revenue_musd, mean_rating, votes
from totals
order by 1;
