-- The people in the credits that this source gave, by their IMDb ids.
select distinct substr(person_id, 6) as imdb_id
from credits
where source = :source and person_id like 'imdb:%'
order by imdb_id;
