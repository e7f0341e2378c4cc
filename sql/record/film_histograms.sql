-- One row of film_histograms; an upstream that repeats itself within an answer is taken at its last word.
insert into film_histograms (
  film_id, source, bucket, votes
)
values (
  :film_id, :source, :bucket, :votes
)
on conflict (film_id, source, bucket) do update set
  votes = excluded.votes;
