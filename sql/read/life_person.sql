-- What is known of the films of one person that were seen?
select job, films, viewings, rated, round(mean_rating, 2) as mean_rating, round(difference, 1) as beside_imdb, person_id
from agg_people
where user_id = :user_id and name = :name
order by films desc, job, person_id;
