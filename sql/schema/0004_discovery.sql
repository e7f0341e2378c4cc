-- Films that come from elsewhere, and what a run found new, changed or gone. Nothing was ever written to `trailers`.

drop table trailers;
create table trailers (
  video_id text primary key,             -- YouTube id
  channel text not null,                 -- id of the channel that published it
  raw_title text not null,               -- title as published
  kind text,                             -- trailer, teaser, clip, featurette, spot; null: nothing about a film that is known
  title text,                            -- title of the film, taken from it; null: none could be
  release_year integer,                  -- year, taken from it: the one announced, which may be one off
  media_type text check (media_type in ('movie', 'tv')), -- movie, tv
  season integer,                        -- season of a series, where it names one
  published_at text,                     -- when it was published
  film_id integer references films,      -- the film, once placed
  first_seen_at text not null,           -- when it was first met
  seen_at text not null                  -- when it was last met
);
create index trailers_by_film on trailers (film_id);
create index trailers_unplaced on trailers (channel) where film_id is null and title is not null;

create table change_lists (
  source text not null,                  -- upstream
  prefix text not null,                  -- what its keys begin with (movie/, tv/)
  read_to text not null,                 -- last day (UTC) whose changes are known: read, or made up for by asking about each film
  pages integer,                         -- requests the day read last took
  read_at text not null,                 -- when this was written
  primary key (source, prefix)
);

create table run_films (
  run_id integer not null references runs, -- run
  source text not null,                  -- upstream
  film_id integer not null references films, -- film
  what text not null check (what in ('new', 'changed', 'gone', 'found', 'kept')), -- new, changed or gone there; found: by a list or trailer; kept: conflicts
  primary key (run_id, source, film_id, what)
);
create index run_films_by_film on run_films (film_id);

create index conflicts_by_film on conflicts (film_id);

-- The comment stands before the type, because SQLite keeps the text of a new column up to its end.
alter table conflicts add column
  resolved_at -- when a later answer was applied; null: the older rows still stand
  text;
