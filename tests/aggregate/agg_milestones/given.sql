-- A film a day from 1 January 2020, and film 1 again on the second, before film 2. A year without a day has no place.
create table film_details (film_id, title, release_year);
insert into film_details values (1, 'One', 1999), (50, 'Fifty', null);
create table agg_viewings (user_id, dates, film_id, watched_on, precision, day_number, rating, place);
insert into agg_viewings
with recursive days (number) as (select 1 union all select number + 1 from days where number < 60)
select 1, 'viewing', number, date('2020-01-01', (number - 1) || ' days'), 'exact', 2458849 + number, number / 20.0, 10 * number
from days;
insert into agg_viewings values
  (1, 'viewing', 99, '2019', 'year', null, 5, 1),
  (1, 'viewing', 1, '2020-01-02', 'exact', 2458851, null, 15),
  (2, 'rated', 7, '2019-12-31', 'exact', 2458849, 2, 1);
