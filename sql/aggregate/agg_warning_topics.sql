-- One row per topic of content warnings: what people voted about it, over all films of this file. A film is likely to
-- show it where more people say yes than no, and certain where at least 20 voted (`warning_votes`) and more than 80 %
-- of them say yes (`warning_share`).
-- needs: content_warnings
drop table if exists agg_warning_topics;
create table agg_warning_topics (
  topic text primary key,                -- the question ("a dog dies")
  category text,                         -- its group, where the source groups it
  films integer not null,                -- films about which somebody voted
  films_likely integer not null,         -- of these, films where more say yes than no
  films_certain integer not null,        -- of these, films with enough votes and a clear yes
  share_likely real                      -- films_likely of films, 0 to 1; null: nobody voted
);
insert into agg_warning_topics
with grouped as (
  select warning_topics.source, warning_topics.topic, min(warning_categories.category) as category
  from warning_topics
  join warning_categories
    on warning_categories.source = warning_topics.source and warning_categories.category_id = warning_topics.category_id
  group by warning_topics.source, warning_topics.topic
)
select
  film_warnings.topic,
  min(coalesce(film_warnings.category, grouped.category)),
  sum(film_warnings.voted), sum(film_warnings.likely), sum(film_warnings.certain),
  1.0 * sum(film_warnings.likely) / nullif(sum(film_warnings.voted), 0)
from film_warnings
left join grouped on grouped.source = film_warnings.source and grouped.topic = film_warnings.topic
group by film_warnings.topic
order by film_warnings.topic;
