-- How much of each list and series of films was seen?
select name, kind, seen, films, round(share, 4) as share, round(mean_rating, 2) as mean_rating
from agg_list_completion
where user_id = :user_id
order by kind, agg_list_completion.share desc, films desc, name
limit :top;
