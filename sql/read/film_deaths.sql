-- Who dies in the film, and how?
select source, actor, character, how, page from deaths where film_id = :film_id order by actor;
