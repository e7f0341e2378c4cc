-- How many deaths were on screen in the films seen? (Without names: this tells no film's end.)
select deaths, films, films_seen
from agg_deaths
where user_id = :user_id and counted_by = 'all';
