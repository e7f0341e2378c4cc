-- At which sources has a person decided about one of two rows that are one film, and about which? (:keep's counts first.)
select source, film_id, chosen
from matches
where decided_by = 'manual'
  and (
    film_id = :keep
    or (
      film_id = :drop
      and source not in (select m.source from matches as m where m.film_id = :keep and m.decided_by = 'manual')
    )
  );
