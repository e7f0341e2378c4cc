-- One row of deaths; a page that only lists the actor takes nothing away from one that tells more.
insert into deaths (
  film_id, source, actor, character, how, page
)
values (
  :film_id, :source, :actor, :character, :how, :page
)
on conflict (film_id, source, actor) do update set
  character = coalesce(excluded.character, character),
  how = coalesce(excluded.how, how),
  page = case when excluded.how is not null or how is null then excluded.page else page end;
