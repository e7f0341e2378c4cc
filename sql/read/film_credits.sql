-- Who made the film and who plays in it, according to each source, in its order?
select credits.source, credits.job, people.name, credits.character, credits.billing, credits.person_id
from credits
join people on people.person_id = credits.person_id
where credits.film_id = :film_id
order by credits.source, credits.job, credits.billing, people.name, credits.character;
