-- The first question about a film, and those to ask if its key is absent, one per line.
insert into temp.page_plan (film_id, key, fallback) values (?, ?, ?);
