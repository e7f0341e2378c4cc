-- One row per film × topic of content warnings, as the believed source has it, and what its votes amount to: certain
-- are `warning_votes` (20) at least, of which more than the share `warning_share` (0.8) says yes.
-- needs: content_warnings
drop table if exists film_warnings;
create table film_warnings (
  film_id integer not null,              -- film
  topic text not null,                   -- the question ("a dog dies")
  source text not null,                  -- who asked the people
  category text,                         -- group of the topic, where the answer names it
  yes integer not null,                  -- people who say that it happens
  no integer not null,                   -- people who say that it does not
  voted integer not null check (voted in (0, 1)), -- 1: somebody voted
  likely integer not null check (likely in (0, 1)), -- 1: more say yes than no
  certain integer not null check (certain in (0, 1)), -- 1: at least 20 votes (warning_votes), over 80 % yes
  primary key (film_id, topic)
);
insert into film_warnings
with thresholds as (
  select
    coalesce((select value from aggregate_settings where name = 'warning_votes'), 20) as least_votes,
    coalesce((select value from aggregate_settings where name = 'warning_share'), 0.8) as yes_share
),
heard as (
  select
    said.film_id, said.source,
    row_number() over (partition by said.film_id order by field_sources.place) as choice
  from (select distinct film_id, source from content_warnings) as said
  join field_sources on field_sources.field = 'warnings' and field_sources.source = said.source
)
select
  told.film_id, told.topic, told.source, told.category, told.yes, told.no,
  case when told.yes + told.no > 0 then 1 else 0 end,
  case when told.yes > told.no then 1 else 0 end,
  case when told.yes + told.no >= least_votes and told.yes > yes_share * (told.yes + told.no) then 1 else 0 end
from content_warnings as told
join heard on heard.film_id = told.film_id and heard.source = told.source and heard.choice = 1
cross join thresholds
order by told.film_id, told.topic;
