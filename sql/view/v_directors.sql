-- The directors each person came back to.
create view v_directors as
select
  users.name as user,                    -- the person
  people.name as director,               -- the director
  count(distinct credits.film_id) as films, -- films of theirs that the person rated or saw
  round(avg(ratings.rating), 2) as mean_rating -- mean of the stars given to them
from credits
join people on people.person_id = credits.person_id
join (
  select user_id, film_id from ratings
  union
  select user_id, film_id from watches
) as mine on mine.film_id = credits.film_id
join users on users.user_id = mine.user_id
left join ratings on ratings.user_id = mine.user_id and ratings.film_id = mine.film_id
where credits.job = 'director'
group by users.name, people.person_id, people.name
order by films desc, mean_rating desc, director;
