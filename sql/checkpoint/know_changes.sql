-- The changes up to a day are known. (:pages: what reading it took; null: it was not read.) A day that is not over by now
-- was written under a wrong clock.
insert into change_lists (source, prefix, read_to, pages, read_at)
values (:source, :prefix, :day, :pages, :now)
on conflict (source, prefix) do update set
  read_to = case when change_lists.read_to < :now then max(change_lists.read_to, excluded.read_to) else excluded.read_to end,
  pages = coalesce(excluded.pages, change_lists.pages),
  read_at = excluded.read_at;
