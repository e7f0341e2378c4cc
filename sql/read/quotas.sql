-- What is used of each quota?
select source, period, used, "limit", resets_at from quotas order by source, period;
