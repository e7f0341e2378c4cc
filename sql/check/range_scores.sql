-- A score lies between nothing and the best there is, and nobody is voted for by fewer than no one.
select film_id, source, system, value, scale, votes
from scores
where value < 0 or value > scale or scale <= 0 or votes < 0
order by film_id, source, system;
