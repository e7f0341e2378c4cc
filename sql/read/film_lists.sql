-- Which genres, countries, languages, keywords and companies does each source name, in its order?
select 'film_genres' as tbl, source, genre as value, position
from film_genres where film_id = :film_id
union all
select 'film_countries', source, country, position
from film_countries where film_id = :film_id
union all
select 'film_languages', source, language, position
from film_languages where film_id = :film_id
union all
select 'film_companies', source, company, position
from film_companies where film_id = :film_id
union all
select 'film_keywords', source, keyword, null
from film_keywords where film_id = :film_id
order by 1, 2, 4, 3;
