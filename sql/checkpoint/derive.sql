-- Ratings, viewings and list items of the pairs in `touched`, made anew from the imported rows.
-- Rating: the newest word, a file of ratings before a diary; what is gone from its file only where nothing else says it.
-- Heart: as long as it is in a file. Viewing: every dated one, once where two kinds of file tell of it; else one for "seen
-- at some time". Rows that are gone from their file stay ratings and viewings, but leave the person's lists.
-- (`touched` first: after a merge it holds a pair or two, and the tables may hold millions.)
update ratings
set rating = null, rated_at = null, liked = 0
where favourite = 1 and (film_id, user_id) in (select touched.film_id, touched.user_id from touched)
and exists (
  select 1 from import_entries
  where import_entries.user_id = ratings.user_id and import_entries.film_id = ratings.film_id
);

delete from ratings
where favourite = 0 and (film_id, user_id) in (select touched.film_id, touched.user_id from touched)
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
    max(case when import_entries.gone_at is null then import_entries.liked else 0 end) over (
      partition by import_entries.user_id, import_entries.film_id
    ) as liked,
    row_number() over (
      partition by import_entries.user_id, import_entries.film_id
      order by
        import_entries.stars is null,
        coalesce(import_entries.gone_at, '9999') desc,
        import_entries.kind not like '%ratings',
        coalesce(import_entries.rated_on, import_entries.watched_on, '') desc,
        import_entries.entry_id desc
    ) as place
  from touched
  cross join import_entries
  where import_entries.film_id = touched.film_id and import_entries.user_id = touched.user_id
)
insert into ratings (user_id, film_id, rating, rated_at, liked)
select user_id, film_id, stars, case when stars is not null then rated_on end, liked
from words
where place = 1 and (stars is not null or liked = 1)
on conflict (user_id, film_id) do update set
  rating = excluded.rating, rated_at = excluded.rated_at, liked = excluded.liked;

delete from watches
where entry_id is not null and (film_id, user_id) in (select touched.film_id, touched.user_id from touched);

with told as (
  select
    import_entries.*,
    row_number() over (
      partition by
        import_entries.user_id, import_entries.film_id, import_entries.precision, import_entries.watched_on,
        import_entries.kind
      order by import_entries.entry_id
    ) as time_that_day
  from touched
  cross join import_entries
  where import_entries.film_id = touched.film_id and import_entries.user_id = touched.user_id
    and import_entries.watched = 1
),
viewings as (
  select
    told.*,
    told.precision in ('exact', 'month', 'year') as dated,
    max(told.precision in ('exact', 'month', 'year')) over (partition by told.user_id, told.film_id) as any_dated,
    row_number() over (
      partition by told.user_id, told.film_id, told.precision, told.watched_on, told.time_that_day
      order by told.stars is null, told.entry_id
    ) as telling,
    row_number() over (
      partition by told.user_id, told.film_id
      order by told.precision = 'unknown', coalesce(told.watched_on, '9999'), told.entry_id
    ) as place
  from told
)
insert into watches (user_id, film_id, watched_on, precision, rewatch, rating, entry_id)
select user_id, film_id, watched_on, precision, rewatch, stars, entry_id
from viewings
where (dated = 1 and telling = 1) or (any_dated = 0 and place = 1)
order by entry_id;

delete from list_items
where film_id in (select touched.film_id from touched)
and exists (
  select 1
  from lists
  join touched on touched.user_id = lists.user_id and touched.film_id = list_items.film_id
  where lists.list_id = list_items.list_id
);

insert into list_items (list_id, film_id, position, added_at, note)
select
  lists.list_id,
  import_entries.film_id,
  min(import_entries.position),
  min(import_entries.added_on),
  min(import_entries.note)
from touched
cross join import_entries
cross join lists
where import_entries.film_id = touched.film_id and import_entries.user_id = touched.user_id
  and import_entries.list_name is not null and import_entries.gone_at is null
  and lists.user_id = import_entries.user_id
  and lists.origin = import_entries.kind
  and lists.name = import_entries.list_name
group by lists.list_id, import_entries.film_id;

delete from touched;
