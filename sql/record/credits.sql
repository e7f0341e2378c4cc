-- One row of credits; an upstream that repeats itself within an answer is taken at its last word.
insert into credits (
  film_id, source, person_id, job, department, character, billing
)
values (
  :film_id, :source, :person_id, :job, :department, :character, :billing
)
on conflict (film_id, source, person_id, job, character) do update set
  department = excluded.department,
  billing = excluded.billing;
