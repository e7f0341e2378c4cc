-- A title that was looked up. What a person decided stays; only the candidates are brought up to date.
insert into matches (film_id, source, title, release_year, candidates, chosen, confidence, decided_by, decided_at)
values (
  :film_id, :source, :title, :release_year, :candidates, :chosen, :confidence, :decided_by,
  case when :decided_by is not null then :now end
)
on conflict (film_id, source) do update set
  title = excluded.title,
  release_year = excluded.release_year,
  candidates = excluded.candidates,
  confidence = excluded.confidence,
  chosen = case when matches.decided_by = 'manual' then matches.chosen else excluded.chosen end,
  decided_at = case when matches.decided_by = 'manual' then matches.decided_at else excluded.decided_at end,
  decided_by = case when matches.decided_by = 'manual' then matches.decided_by else excluded.decided_by end;
