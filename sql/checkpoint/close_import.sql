-- What came of an import.
update imports
set rows = :rows, added = :added, changed = :changed, gone = :gone, skipped = :skipped
where import_id = :import_id;
