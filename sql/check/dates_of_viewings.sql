-- The date of a viewing has as many parts as its precision says, and is a day, month or year that there is.
select watch_id, user_id, film_id, watched_on, precision
from watches
where (precision in ('exact', 'rated') and (watched_on is null or watched_on not like '____-__-__'))
  or (precision = 'month' and (watched_on is null or watched_on not like '____-__'))
  or (precision = 'year' and (watched_on is null or watched_on not like '____'))
  or (precision = 'unknown' and watched_on is not null)
  or substr(watched_on, 6, 2) > '12' or substr(watched_on, 6, 2) = '00'
  or substr(watched_on, 9, 2) > '31' or substr(watched_on, 9, 2) = '00'
order by watch_id;
