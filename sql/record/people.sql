-- One person a source names; a later answer that knows less takes nothing away.
insert into people (
  person_id, name, gender, profile_url
)
values (
  :person_id, :name, :gender, :profile_url
)
on conflict (person_id) do update set
  name = excluded.name,
  gender = coalesce(excluded.gender, people.gender),
  profile_url = coalesce(excluded.profile_url, people.profile_url)
  where people.name is not excluded.name or people.gender is not excluded.gender or people.profile_url is
  not excluded.profile_url;
