-- What did the people of this file say of the film: rating, viewings?
select
  users.name as user,
  ratings.rating,
  ratings.rated_at,
  coalesce(ratings.liked, 0) as liked,
  coalesce(ratings.favourite, 0) as favourite,
  (
    select count(*) from watches where watches.user_id = users.user_id and watches.film_id = :film_id
  ) as viewings,
  (
    select max(watches.watched_on)
    from watches
    where watches.user_id = users.user_id and watches.film_id = :film_id and watches.precision = 'exact'
  ) as last_watched
from users
left join ratings on ratings.user_id = users.user_id and ratings.film_id = :film_id
where ratings.film_id is not null
  or users.user_id in (select user_id from watches where film_id = :film_id)
order by users.name;
