-- A list of a person's.
insert into lists (name, user_id, origin, updated_at)
values (:name, :user_id, :origin, :now)
on conflict (name, origin, coalesce(user_id, 0)) do update set updated_at = excluded.updated_at;
