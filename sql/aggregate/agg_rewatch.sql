-- One row per person and year with dated viewings: how many were discoveries, how many films seen again.
-- Two things tell of a rewatch: a file calls it one, and the data hold an earlier viewing. Neither is whole: a person forgets
-- to mark it, and the first viewing may be older than the data. So all four cases are counted; a rewatch is what either says.
-- Days of ratings say nothing about it: a film has one.
drop table if exists agg_rewatch;
create table agg_rewatch (
  user_id integer not null,              -- the person
  dates text not null,                   -- viewing: dates of viewings
  year integer not null,                 -- year
  viewings integer not null,             -- viewings: the four that follow added up
  first_unmarked integer not null,       -- first in the data, not called a rewatch: a discovery as far as is known
  first_marked integer not null,         -- first in the data, called a rewatch: seen before the data begin
  later_unmarked integer not null,       -- seen before in the data, not called a rewatch: the mark was forgotten
  later_marked integer not null,         -- seen before in the data, and called a rewatch
  rewatches integer not null,            -- all but the first of the four
  rewatch_share real not null,           -- their share of the viewings, 0 to 1
  rewatched_films integer not null,      -- different films among the rewatches
  discovery_rating real,                 -- mean stars that came with discoveries, 0.5 to 5
  rewatch_rating real,                   -- mean stars that came with rewatches
  primary key (user_id, dates, year)
);
insert into agg_rewatch
select
  user_id, dates, year,
  count(*),
  sum(case when known_viewing = 1 and told_rewatch = 0 then 1 else 0 end),
  sum(case when known_viewing = 1 and told_rewatch = 1 then 1 else 0 end),
  sum(case when known_viewing > 1 and told_rewatch = 0 then 1 else 0 end),
  sum(case when known_viewing > 1 and told_rewatch = 1 then 1 else 0 end),
  sum(rewatch),
  1.0 * sum(rewatch) / count(*),
  count(distinct case when rewatch = 1 then film_id end),
  avg(case when rewatch = 0 then rating end),
  avg(case when rewatch = 1 then rating end)
from agg_viewings
where dates = 'viewing'
group by user_id, dates, year
order by user_id, dates, year;
