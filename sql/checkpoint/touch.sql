-- The (user, film) pairs whose ratings, viewings and list items are to be made anew.
create temp table if not exists touched (user_id integer, film_id integer, primary key (user_id, film_id));
delete from temp.touched;
