-- Ratings, viewings and list items of the pairs in `touched`, made anew from the imported rows.
-- Rating: the newest word, a file of ratings before a diary. Viewing: every dated one; else one for "seen at some time".
delete from ratings
where exists (
  select 1 from touched where touched.user_id = ratings.user_id and touched.film_id = ratings.film_id
)
and exists (
  select 1 from import_entries
  where import_entries.user_id = ratings.user_id and import_entries.film_id = ratings.film_id
);

with words as (
  select
    import_entries.user_id,
    import_entries.film_id,
    import_entries.stars,
    import_entries.rated_on,
    max(import_entries.liked) over (partition by import_entries.user_id, import_entries.film_id) as liked,
    row_number() over (
      partition by import_entries.user_id, import_entries.film_id
      order by
        import_entries.stars is null,
        import_entries.kind not like '%ratings',
        coalesce(import_entries.rated_on, import_entries.watched_on, '') desc,
        import_entries.entry_id desc
    ) as place
  from import_entries
  join touched on touched.user_id = import_entries.user_id and touched.film_id = import_entries.film_id
)
insert into ratings (user_id, film_id, rating, rated_at, liked)
select user_id, film_id, stars, case when stars is not null then rated_on end, liked
from words
where place = 1 and (stars is not null or liked = 1);

delete from watches
where entry_id is not null and exists (
  select 1 from touched where touched.user_id = watches.user_id and touched.film_id = watches.film_id
);

with viewings as (
  select
    import_entries.*,
    import_entries.precision in ('exact', 'month', 'year') as dated,
    max(import_entries.precision in ('exact', 'month', 'year')) over (
      partition by import_entries.user_id, import_entries.film_id
    ) as any_dated,
    row_number() over (
      partition by import_entries.user_id, import_entries.film_id
      order by import_entries.precision = 'unknown', coalesce(import_entries.watched_on, '9999'), import_entries.entry_id
    ) as place
  from import_entries
  join touched on touched.user_id = import_entries.user_id and touched.film_id = import_entries.film_id
  where import_entries.watched = 1
)
insert into watches (user_id, film_id, watched_on, precision, rewatch, rating, entry_id)
select user_id, film_id, watched_on, precision, rewatch, stars, entry_id
from viewings
where dated = 1 or (any_dated = 0 and place = 1)
order by entry_id;

delete from list_items
where exists (select 1 from touched where touched.film_id = list_items.film_id)
and list_id in (
  select lists.list_id from lists join touched on touched.user_id = lists.user_id and touched.film_id = list_items.film_id
);

insert into list_items (list_id, film_id, position, added_at, note)
select
  lists.list_id,
  import_entries.film_id,
  min(import_entries.position),
  min(import_entries.added_on),
  min(import_entries.note)
from import_entries
join touched on touched.user_id = import_entries.user_id and touched.film_id = import_entries.film_id
join lists
  on lists.user_id = import_entries.user_id
  and lists.origin = import_entries.kind
  and lists.name = import_entries.list_name
where import_entries.list_name is not null and import_entries.gone_at is null
group by lists.list_id, import_entries.film_id;

delete from touched;
