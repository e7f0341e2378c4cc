-- User 1 saw films 1, 2, 3: in 1 Bean (two manners) and Nord die, in 2 Bean, in 3 nobody; film 4 only user 2 saw.
insert into films (film_id, media_type, title, created_at, updated_at) values (1, 'movie', 'A', '', '');
insert into deaths (film_id, source, actor) values (1, 'cinemorgue', 'Sean Bean');
create table seen_films (user_id, film_id, rating);
create table film_details (film_id, title);
create table film_deaths (film_id, spoiler_actor, spoiler_manner, source);
insert into seen_films values (1, 1, null), (1, 2, null), (1, 3, null), (2, 4, null), (3, 3, null);
insert into film_details values (1, 'Alpha'), (2, 'Beta'), (3, 'Gamma');
insert into film_deaths values
  (1, 'Sean Bean', 'shot', 'c'), (1, 'Sean Bean', 'fall', 'c'), (1, 'Ida Nord', 'shot', 'c'),
  (2, 'Sean Bean', 'fall', 'c'),
  (4, 'Ida Nord', 'other', 'c');
