-- Does this id belong to a film of which a person decided that it is something else at this source?
select matches.chosen
from film_aliases
join matches on matches.film_id = film_aliases.film_id
where film_aliases.scheme = :scheme and film_aliases.value = :value and film_aliases.film_id <> :film_id
  and matches.source = :source and matches.decided_by = 'manual';
