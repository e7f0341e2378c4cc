-- One topic of a source's vocabulary.
insert into warning_topics (
  source, topic_id, topic, category_id
)
values (
  :source, :topic_id, :topic, :category_id
)
on conflict (source, topic_id) do update set
  topic = excluded.topic,
  category_id = excluded.category_id;
