-- Does a source say anything of a film?
select
  exists (select 1 from alternative_titles where film_id = :film_id and source = :source)
  or exists (select 1 from content_warnings where film_id = :film_id and source = :source)
  or exists (select 1 from credits where film_id = :film_id and source = :source)
  or exists (select 1 from deaths where film_id = :film_id and source = :source)
  or exists (select 1 from film_companies where film_id = :film_id and source = :source)
  or exists (select 1 from film_countries where film_id = :film_id and source = :source)
  or exists (select 1 from film_facts where film_id = :film_id and source = :source)
  or exists (select 1 from film_genres where film_id = :film_id and source = :source)
  or exists (select 1 from film_histograms where film_id = :film_id and source = :source)
  or exists (select 1 from film_keywords where film_id = :film_id and source = :source)
  or exists (select 1 from film_languages where film_id = :film_id and source = :source)
  or exists (select 1 from images where film_id = :film_id and source = :source)
  or exists (select 1 from release_dates where film_id = :film_id and source = :source)
  or exists (select 1 from scores where film_id = :film_id and source = :source)
  or exists (select 1 from similar_films where film_id = :film_id and source = :source)
  or exists (select 1 from videos where film_id = :film_id and source = :source);
