-- Which upstreams are to be left alone, until when, and why?
select source, closed_until, reason from throttles where closed_until > :now order by source;
