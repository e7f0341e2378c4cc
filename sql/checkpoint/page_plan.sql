-- The first questions about the films of one page of a plan, before they become jobs together.
create temp table if not exists page_plan (film_id integer primary key, key text not null, fallback text);
delete from temp.page_plan;
