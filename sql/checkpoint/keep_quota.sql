-- How a quota stands.
insert into quotas (source, period, used, "limit", began_at, spent_at, resets_at, reset_time)
values (:source, :period, :used, :limit, :began_at, :spent_at, :resets_at, :reset_time)
on conflict (source, period) do update set
  used = excluded.used,
  "limit" = excluded."limit",
  began_at = excluded.began_at,
  spent_at = excluded.spent_at,
  resets_at = excluded.resets_at,
  reset_time = excluded.reset_time;
