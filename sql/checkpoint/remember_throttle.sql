-- What an upstream taught about its patience.
insert into throttles (source, rate, refused_rate, closed_until, reason, updated_at)
values (:source, :rate, :refused_rate, :closed_until, :reason, :now)
on conflict (source) do update set
  rate = excluded.rate,
  refused_rate = excluded.refused_rate,
  closed_until = excluded.closed_until,
  reason = excluded.reason,
  updated_at = excluded.updated_at;
