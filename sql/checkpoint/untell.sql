-- What a source said of a film is taken back: it was said of another one.
delete from film_facts where film_id = :film_id and source = :source;
delete from scores where film_id = :film_id and source = :source;
delete from credits where film_id = :film_id and source = :source;
delete from film_genres where film_id = :film_id and source = :source;
delete from film_countries where film_id = :film_id and source = :source;
delete from film_languages where film_id = :film_id and source = :source;
delete from film_keywords where film_id = :film_id and source = :source;
delete from film_companies where film_id = :film_id and source = :source;
delete from alternative_titles where film_id = :film_id and source = :source;
delete from videos where film_id = :film_id and source = :source;
delete from images where film_id = :film_id and source = :source;
delete from release_dates where film_id = :film_id and source = :source;
delete from similar_films where film_id = :film_id and source = :source;
delete from content_warnings where film_id = :film_id and source = :source;
delete from deaths where film_id = :film_id and source = :source;
delete from film_histograms where film_id = :film_id and source = :source;
