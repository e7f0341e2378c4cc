-- How many videos of each channel were met since a time: new ones, ones that were known, and how many of both are no trailers?
select
  channel,
  count(case when first_seen_at >= :since then 1 end) as new,
  count(case when first_seen_at < :since then 1 end) as known,
  count(case when title is null or kind not in ('trailer', 'teaser', 'spot') then 1 end) as others
from trailers
where seen_at >= :since
group by channel
order by channel;
