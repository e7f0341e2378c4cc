-- Under which titles and years do trailers speak of films that are known?
select distinct film_id, title, release_year, season from trailers where film_id is not null and title is not null;
