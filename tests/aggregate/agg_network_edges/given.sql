-- Varda (6) and Deneuve (8): films 1 and 2, of which one is rated; film 3 has two directors and nobody has rated it; in
-- film 4 Welles (9) directs himself and Moreau (10); film 5 was not seen.
create table seen_films (user_id, film_id, rating real);
create table film_main_credits (film_id, job, person_id, name, place);
insert into seen_films values (1, 1, 4.5), (1, 2, null), (1, 3, null), (1, 4, 3), (2, 1, 2);
insert into film_main_credits values
  (1, 'director', 't:6', 'Varda', 1), (2, 'director', 't:6', 'Varda', 1), (3, 'director', 't:6', 'Varda', 1),
  (3, 'director', 't:7', 'Demy', 2), (4, 'director', 't:9', 'Welles', 1), (5, 'director', 't:6', 'Varda', 1),
  (1, 'actor', 't:8', 'Deneuve', 1), (2, 'actor', 't:8', 'Deneuve', 1), (3, 'actor', 't:10', 'Moreau', 1),
  (4, 'actor', 't:9', 'Welles', 1), (4, 'actor', 't:10', 'Moreau', 2), (5, 'actor', 't:8', 'Deneuve', 1);
