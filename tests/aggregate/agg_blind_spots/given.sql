-- C of user 1 is the mean of 4 5 5 3 1 1 2 3: 3. Varda (6): films 1, 2, 3 seen, rated 4 5 5: liking (14 + 3·3) / 6. She
-- made 10 (ranked 8), 11 (ranked 8, more votes), 12 (not ranked, at IMDb unknown, 7.5 at TMDb), 13 (rated 6.9, ranked
-- 7.3 for want of votes), 14 (9 votes at IMDb), 15 (no rating), 16 (a series). Demy (7): 5, 6, 7 seen, rated 1 1 2, no
-- favourite though he made 10 with her. Moreau (8): 4, 8, 9 seen, of which 4 and 8 are rated 3: as the mean, so she is
-- one, and plays in 10; she directed 11, which does not count, for as a director nobody knows her. Signoret (9) plays
-- in two seen films: too few. User 2 rates nothing and has seen three of Varda's, and 11.
create table seen_films (user_id, film_id, rating real);
create table film_main_credits (film_id, job, person_id, name, place);
create table film_details (film_id, title, release_year, media_type, rating real, votes, tmdb_rating real, tmdb_votes);
create table film_rankings (cohort_id, strategy, film_id, score real, rank);
insert into seen_films values
  (1, 1, 4), (1, 2, 5), (1, 3, 5), (1, 4, 3), (1, 5, 1), (1, 6, 1), (1, 7, 2), (1, 8, 3), (1, 9, null),
  (2, 1, null), (2, 2, null), (2, 3, null), (2, 11, null);
insert into film_main_credits
select column1, 'director', 't:6', 'Varda', 1
from (values (1), (2), (3), (10), (11), (12), (13), (14), (15), (16))
union all
select column1, 'director', 't:7', 'Demy', 2 from (values (5), (6), (7), (10))
union all
select column1, 'actor', 't:8', 'Moreau', 1 from (values (4), (8), (9), (10))
union all
select 11, 'director', 't:8', 'Moreau', 2
union all
select column1, 'actor', 't:9', 'Signoret', 2 from (values (1), (2), (12));
insert into film_details values
  (1, 'Seen', 2000, 'movie', 9, 900, 9, 900),
  (10, 'Ten', 1960, 'movie', 7.1, 50, 9, 99),
  (11, 'Eleven', 1961, 'movie', 7.2, 200, 9, 99),
  (12, 'Twelve', null, null, null, null, 7.5, 10), (13, 'Thirteen', 1963, 'movie', 6.9, 900, 9.9, 999),
  (14, 'Fourteen', 1964, 'movie', 9.9, 9, 9.9, 999),
  (15, 'Fifteen', 1965, 'movie', null, null, null, null), (16, 'Sixteen', 1966, 'tv', 9.9, 999, null, null);
insert into film_rankings values
  (0, 'bayesian', 1, 9, 1), (0, 'bayesian', 10, 8, 3), (0, 'bayesian', 11, 8, 2),
  (0, 'bayesian', 13, 7.3, 4), (0, 'bayesian', 14, 7.3, 5),
  (0, 'wilson', 12, 0.9, 1), (-1, 'bayesian', 12, 4, 1);
