-- A film lasts at least a minute, and hardly one lasts longer than a day.
select film_id, title, media_type, runtime_minutes
from film_details
where runtime_minutes < 1 or (media_type = 'movie' and runtime_minutes > 1440)
order by film_id;
