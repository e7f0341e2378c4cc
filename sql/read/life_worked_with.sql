-- Whose films were seen most, and how were they liked? Of a year its viewings count; else all films, dated or not.
select name, films, viewings, round(mean_rating, 2) as mean_rating, round(difference, 1) as beside_imdb
from agg_people
where :year is null and user_id = :user_id and job = :job
union all
select
  max(film_main_credits.name), count(distinct seen.film_id), count(*), round(avg(seen.rating), 2), null
from agg_viewings as seen
join film_main_credits on film_main_credits.film_id = seen.film_id
where :year is not null and seen.year = :year
  and seen.user_id = :user_id and seen.dates = :dates and film_main_credits.job = :job
group by film_main_credits.person_id
order by films desc, mean_rating desc, viewings desc, name
limit :top;
