-- A person of whom only the id is known; a name that is known stays.
insert into people (person_id, name) values (:person_id, :name) on conflict (person_id) do nothing;
