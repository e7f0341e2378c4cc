-- Two groups that one film ties together: d1 with a1, a2, a3 (four people), d2 with a4, a5 (three). For user 1 a5 has
-- also directed d2. User 2 has seen d2's films alone: the same size for two pairs, of which that with the first id is
-- 1.
create table agg_network_edges (user_id, director_id, actor_id, director, actor, films, rated, mean_rating);
insert into agg_network_edges values
  (1, 'd1', 'a1', 'D One', 'A One', 4, 0, null), (1, 'd1', 'a2', 'D One', 'A Two', 3, 0, null),
  (1, 'd1', 'a3', 'D One', 'A Three', 3, 0, null), (1, 'd1', 'a4', 'D One', 'A Four', 1, 0, null),
  (1, 'd2', 'a4', 'D Two', 'A Four', 5, 0, null), (1, 'd2', 'a5', 'D Two', 'A Five', 4, 0, null),
  (1, 'a5', 'd2', 'A Five', 'D Two', 2, 0, null),
  (2, 'd2', 'a5', 'D Two', 'A Five', 1, 0, null), (2, 'b1', 'e1', 'B One', 'E One', 9, 0, null);
