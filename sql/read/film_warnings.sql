-- What do people say happens in the film? Those that most people voted on come first.
select source, topic, category, yes, no, comments
from content_warnings
where film_id = :film_id
order by yes + no desc, topic;
