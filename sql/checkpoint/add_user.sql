-- A person.
insert into users (name) values (:name) on conflict (name) do nothing;
