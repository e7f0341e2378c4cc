-- What each film holds that somebody may not want to see, as people voted; the group of a topic, where known.
create view v_content_warnings as
with grouped as (
  select warning_topics.source, warning_topics.topic, min(warning_categories.category) as category
  from warning_topics
  join warning_categories
    on warning_categories.source = warning_topics.source and warning_categories.category_id = warning_topics.category_id
  group by warning_topics.source, warning_topics.topic
)
select
  films.film_id as film_id,              -- the film
  coalesce(film_facts.title, films.title) as title, -- title
  coalesce(film_facts.release_year, films.release_year) as release_year, -- year
  content_warnings.topic as topic,       -- what happens ("a dog dies")
  coalesce(content_warnings.category, grouped.category) as category, -- group of the topic
  content_warnings.yes as yes,           -- people who say that it happens
  content_warnings.no as no,             -- people who say that it does not
  case
    when content_warnings.yes + content_warnings.no > 0
      then round(1.0 * content_warnings.yes / (content_warnings.yes + content_warnings.no), 3)
  end as yes_share,                      -- share of those who say that it happens, 0 to 1; null: nobody voted
  content_warnings.comments as comments, -- number of comments
  content_warnings.source as source      -- who asked the people
from content_warnings
join films on films.film_id = content_warnings.film_id
left join film_facts on film_facts.film_id = content_warnings.film_id and film_facts.source = 'tmdb'
left join grouped on grouped.source = content_warnings.source and grouped.topic = content_warnings.topic;
