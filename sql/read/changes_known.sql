-- Up to which day are the changes at each source known?
select source, min(read_to) as read_to from change_lists group by source order by source;
