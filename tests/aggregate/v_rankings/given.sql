-- The world and a cohort; film 2 is not in film_details, and loses its title, not its place.
create table ranked_cohorts (cohort_id, label);
insert into ranked_cohorts values (0, 'world'), (5, 'friends');
create table film_details (film_id, title, release_year, imdb_id);
insert into film_details values (1, 'Solaris', 1972, 'tt0069293');
create table film_rankings (cohort_id, strategy, film_id, score, rank, params, computed_at);
insert into film_rankings values
  (0, 'bayesian', 1, 7.9, 1, '{}', 'a'), (5, 'wilson', 2, 0.8, 1, '{}', 'b'), (5, 'wilson', 1, 0.7, 2, '{}', 'b');
