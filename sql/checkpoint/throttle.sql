-- What was learnt of an upstream's patience?
select rate, refused_rate, closed_until, reason from throttles where source = :source;
