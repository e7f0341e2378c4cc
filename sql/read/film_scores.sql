-- What is the film worth, by whom and according to whom?
select source, system, value, scale, votes from scores where film_id = :film_id order by system, source;
