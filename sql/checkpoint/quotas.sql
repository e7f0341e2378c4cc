-- How did a source's quotas stand?
select period, used, "limit", began_at, spent_at, resets_at, reset_time from quotas where source = :source;
