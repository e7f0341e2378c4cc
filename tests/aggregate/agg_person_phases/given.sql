-- Thirty viewings, one a day, numbered as the days of January. Films 1 to 9 are Varda's (6), 20 Demy's (7), 30
-- nobody's.
--   Varda: 2 4 6 8 11 | five from 2 to 11: ten viewings, enough. And 12: 4 … 12 shares viewings, the same phase.
--          Then 21 23 25 27 31 is five in eleven: too thin.
--   Demy:  1 3 5 7 9 (one film, seen five times): no phase.
-- User 2 has seen five of Varda's, and no more: five of five. User 3: 1 … 5 and then 12 … 16 of Varda's. Of any ten
-- viewings that hold five, 4 … 13 hold four: two phases. By days of rating, user 1 rated two.
create table agg_viewings (user_id, dates, film_id, watched_on, precision, place);
create table film_main_credits (film_id, job, person_id, name, place);
insert into film_main_credits
with recursive films (film_id) as (select 1 union all select film_id + 1 from films where film_id < 15)
select film_id, 'director', 't:6', 'Varda', 1 from films union all select 20, 'director', 't:7', 'Demy', 1;
insert into agg_viewings
with recursive days (day) as (select 1 union all select day + 1 from days where day < 31)
select
  1, 'viewing',
  case when day in (1, 3, 5, 7, 9) then 20
    when day in (2, 4, 6, 8, 11) then day / 2 when day = 12 then 1
    when day in (21, 23, 25, 27, 31) then day - 20 else 30 end,
  '2025-01-' || substr('0' || day, -2), 'exact', day
from days
union all
select 2, 'viewing', day, '2025-01-' || substr('0' || day, -2), 'exact', day from days where day <= 5
union all
select
  3, 'viewing', case when day <= 5 then day when day between 12 and 16 then day - 6 else 30 end,
  '2025-01-' || substr('0' || day, -2), 'exact', day
from days
union all
select 1, 'rated', day, '2025-01-01', 'exact', day from days where day <= 2;
