-- A row that was not taken.
insert or ignore into import_skips (import_id, line, reason) values (?, ?, ?);
