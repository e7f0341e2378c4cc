-- What the sources beside TMDb need: a ledger that learns, deaths with the page that tells of them, DoesTheDogDie's
-- vocabulary, and the downloaded datasets. Nothing was ever written to the two tables made anew.

drop table quotas;
create table quotas (
  source text not null,                  -- upstream
  period text not null,                  -- minute, day, month
  used integer not null default 0,       -- requests counted in the current period
  "limit" integer,                       -- how many are allowed: configured, told by the upstream, or learnt from a refusal
  began_at text,                         -- when the first request of the current period was counted
  spent_at text,                         -- when nothing was left the last time; null: something is left
  resets_at text,                        -- when the period ends, as far as is known
  reset_time text,                       -- time of day (HH:MM, UTC) before which the quota was seen to be back
  primary key (source, period)
);

drop table deaths;
create table deaths (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  actor text not null,                   -- actor who dies in it
  character text,                        -- part played, where the source names it
  how text,                              -- the source's words
  page text,                             -- the source's page that tells of it
  primary key (film_id, source, actor)
);
create index deaths_by_actor on deaths (actor);

create table warning_topics (
  source text not null,                  -- who asks so
  topic_id integer not null,             -- the source's id of the topic
  topic text not null,                   -- its name, as in content_warnings
  category_id integer,                   -- its group (warning_categories)
  primary key (source, topic_id)
);

create table warning_categories (
  source text not null,                  -- who groups so
  category_id integer not null,          -- the source's id of the group
  category text not null,                -- its name
  primary key (source, category_id)
);

create table dataset_files (
  name text primary key,                 -- file (title.basics.tsv.gz …)
  etag text,                             -- the upstream's tag of the downloaded file
  modified_at text,                      -- its Last-Modified, as sent
  size integer,                          -- bytes, whole
  fetched_at text,                       -- when the download was complete
  loaded_at text,                        -- when its rows about our films were last stored
  loaded_stamp text,                     -- what exactly was loaded: size and time of the file, and the films asked about
  rows_read integer,                     -- rows in it
  rows_kept integer,                     -- rows about our films and their people
  seconds real                           -- time that took
);
