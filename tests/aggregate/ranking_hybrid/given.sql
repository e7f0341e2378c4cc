-- α = 2, β = 3. Group 5: means 4, 4, 1 (mean 3, spread √2); watchers 1, 1, 4 (ln 0, 0, ln 4: mean ln 4 / 3, spread ln 4 · √2 / 3);
-- film 3 was seen lately. Films 1 and 2 tie in score and votes; film 4 was seen, not rated. The world's only film has no spread.
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026');
create table cohort_film_stats (cohort_id, film_id, watchers, ratings, rating_sum, avg_rating, positives);
insert into cohort_film_stats values
  (0, 1, 200, 200, 1600.0, 8.0, null),
  (5, 2, 1, 1, 4.0, 4.0, 1), (5, 1, 1, 1, 4.0, 4.0, 1), (5, 3, 4, 3, 3.0, 1.0, 0), (5, 4, 9, 0, 0, null, 0);
create table ranking_recency (cohort_id, film_id, freshness);
insert into ranking_recency values (5, 3, 0.25);
