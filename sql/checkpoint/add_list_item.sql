-- A film on its place of an upstream's list. One that moved while the pages were read stands where it was seen last.
insert into list_items (list_id, film_id, position)
values (:list_id, :film_id, :position)
on conflict (list_id, film_id) do update set position = excluded.position;
