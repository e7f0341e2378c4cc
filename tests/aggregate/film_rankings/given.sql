-- One film by each strategy; what only one of them knows is not shown.
create table ranking_bayesian (cohort_id, film_id, rank, score, votes, m, params, computed_at);
create table ranking_wilson (cohort_id, film_id, rank, score, z, params, computed_at);
create table ranking_discovery (cohort_id, film_id, rank, score, params, computed_at);
create table ranking_recency (cohort_id, film_id, rank, score, params, computed_at);
create table ranking_hybrid (cohort_id, film_id, rank, score, params, computed_at);
insert into ranking_bayesian values (0, 1, 1, 8.5, 100, 25, '{"m": 25}', 'a'), (5, 2, 1, 4.5, 3, 25, '{"m": 25}', 'a');
insert into ranking_wilson values (5, 2, 1, 0.9, 1.96, '{"z": 1.96}', 'b');
insert into ranking_discovery values (5, 2, 1, -0.5, '{}', 'c');
insert into ranking_recency values (5, 2, 1, 4.25, '{}', 'd');
insert into ranking_hybrid values (5, 2, 7, 1.5, '{}', 'e');
