-- Films were made since 1870, and none is announced for more than fifteen years ahead.
select film_id, title, release_year, release_date
from film_details
where release_year < 1870
  or release_year > cast(substr((select value from aggregate_settings where name = 'computed_at'), 1, 4) as integer) + 15
  or decade <> release_year - release_year % 10
order by film_id;
