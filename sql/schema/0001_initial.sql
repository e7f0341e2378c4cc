-- The first schema. A comment behind a column is its documentation: it is read into column_docs.
-- Times are ISO-8601 text in UTC, days YYYY-MM-DD, money whole US dollars; unknown is null, never 0 or ''.

create table column_docs (
  tbl text not null,                     -- table or view
  col text not null,                     -- column
  doc text not null,                     -- what it means
  primary key (tbl, col)
);

create table settings (
  name text primary key,                 -- what is remembered about this file (upstream = demo …)
  value text not null                    -- its value
);

-- films and their ids

create table films (
  film_id integer primary key autoincrement, -- our own number of the film; that of a merged row is never given again
  media_type text check (media_type in ('movie', 'tv', 'episode', 'game', 'other')), -- movie, tv, episode, game, other; null: not known yet
  title text,                            -- title as first met
  original_title text,                   -- title in the language of the film, where an input gave it
  release_year integer,                  -- year of release, where an input gave it
  imdb_id text unique,                   -- IMDb id, tt and at least 7 digits
  tmdb_id integer,                       -- TMDb id; films and series are numbered apart, media_type says which
  letterboxd_slug text unique,           -- the film's name in Letterboxd addresses
  followed integer not null default 1 check (followed in (0, 1)), -- 1: crawled; 0: kept, but not asked about
  origin text,                           -- what brought the film in (imdb_ratings, letterboxd_diary, a list …)
  created_at text not null,              -- when the row was made
  updated_at text not null,              -- when its ids or titles last changed
  unique (media_type, tmdb_id)
);
create index films_by_title on films (title, release_year);

create table film_aliases (
  scheme text not null,                  -- imdb, tmdb_movie, tmdb_tv, letterboxd, boxd, film (a merged film_id)
  value text not null,                   -- the id
  film_id integer not null references films, -- the film it means now
  since text not null,                   -- when it was learnt
  primary key (scheme, value)
);
create index film_aliases_by_film on film_aliases (film_id);

-- the checkpoint

create table runs (
  run_id integer primary key,            -- number of the run
  kind text not null,                    -- full, incremental, failures
  status text not null check (status in ('RUNNING', 'SUCCESS', 'PARTIAL', 'INTERRUPTED', 'FAILED', 'ABORTED')), -- RUNNING, SUCCESS, PARTIAL, INTERRUPTED, FAILED, ABORTED
  options text,                          -- what was asked for on the command line, as JSON
  started_at text not null,              -- when it began
  planned_at text,                       -- when its plan was complete; null: it must still be planned
  heartbeat_at text,                     -- last sign of life
  finished_at text,                      -- when it ended
  attempt integer not null default 1,    -- 1, and one more for each resume
  pid integer,                           -- process that runs or ran it
  host text,                             -- machine of that process
  version text,                          -- version of mwi-crawl
  exit_code integer,                     -- exit code of the command
  message text                           -- last line of the run, or why it failed
);

create table run_sources (
  run_id integer not null references runs, -- the run
  source text not null,                  -- the source
  state text not null,                   -- done, waiting (for a time), closed (see reason), no_key, off, running
  reason text,                           -- why it waits or is closed
  planned integer not null default 0,    -- films the run had to ask it about
  done integer not null default 0,       -- films answered
  absent integer not null default 0,     -- films the source does not have, or is not sure about
  failed integer not null default 0,     -- films given up
  broken integer not null default 0,     -- films whose answer could not be read
  requests integer not null default 0,   -- requests sent
  retried integer not null default 0,    -- requests that had to be sent again
  seconds real not null default 0,       -- time the source was at work
  primary key (run_id, source)
);

create table jobs (
  job_id integer primary key,            -- order of planning
  source text not null,                  -- upstream
  key text not null,                     -- what is asked, in the source's words (find/tt0133093, movie/603)
  film_id integer references films,      -- film it is about
  state text not null check (state in ('pending', 'done', 'absent', 'failed', 'broken')), -- pending, done, absent, failed, broken
  reason text,                           -- why, in a word (lookup: done, and it led to another key)
  attempts integer not null default 0,   -- failed attempts in a row
  absences integer not null default 0,   -- times in a row the source did not have it
  ready_at text not null,                -- pending: not before; absent: asked again from then on
  priority integer not null default 0,   -- lower comes first
  fallback text,                         -- keys to ask if this one is absent, one per line
  run_id integer references runs,        -- run that has it, or last had it, to do
  parser_version integer,                -- version of the parser that read the answer
  body_hash text,                        -- body of the last good answer (bodies)
  etag text,                             -- the upstream's tag of that body
  fetched_at text,                       -- when the upstream last answered
  unique (source, key)
);
create index jobs_pending on jobs (run_id, source, priority, job_id) where state = 'pending';
create index jobs_by_film on jobs (film_id, source);

create table failures (
  failure_id integer primary key,        -- order of failing
  run_id integer references runs,        -- run it happened in
  source text not null,                  -- upstream
  key text not null,                     -- what was asked
  film_id integer references films,      -- film it is about
  at text not null,                      -- when
  attempt integer not null,              -- which attempt in a row
  class text not null,                   -- timeout, connection, http_5xx, http_429, parser_error, key_rejected …
  http_status integer,                   -- status of the answer, if there was one
  message text,                          -- what happened, without secrets
  detail text,                           -- a parser's traceback
  ignored integer not null default 0 check (ignored in (0, 1)) -- 1: accepted by `failures ignore`
);
create index failures_by_job on failures (source, key);
create index failures_by_film on failures (film_id);

create table bodies (
  body_hash text primary key,            -- SHA-256 of the body as received, decompressed
  body blob not null,                    -- the body, compressed with zstandard
  size integer not null,                 -- its length in bytes before compression
  status integer not null,               -- HTTP status it came with
  content_type text,                     -- Content-Type it came with
  request text not null,                 -- what was asked, without secrets
  run_id integer references runs,        -- run that fetched it first
  fetched_at text not null               -- when it was first received
);

create table throttles (
  source text primary key,               -- upstream
  rate real not null,                    -- starts per second allowed now
  refused_rate real,                     -- rate at which it last said "slow down"
  closed_until text,                     -- no request before this time
  reason text,                           -- why
  updated_at text not null               -- when this was written
);

create table quotas (
  source text not null,                  -- upstream
  period text not null,                  -- minute, day, month
  used integer not null default 0,       -- requests counted in the current period
  "limit" integer,                       -- how many are allowed: configured or learnt
  resets_at text,                        -- when the period ends, as far as is known
  primary key (source, period)
);

create table conflicts (
  conflict_id integer primary key,       -- order of meeting
  film_id integer references films,      -- film
  source text not null,                  -- upstream
  key text not null,                     -- what was asked
  at text not null,                      -- when
  body_hash text,                        -- the answer that was not applied
  reason text not null                   -- what it had lost
);

-- people whose films these are, and what they said

create table users (
  user_id integer primary key,           -- our own number of the person
  name text not null unique              -- as given by --user or by the file
);

create table imports (
  import_id integer primary key,         -- order of importing
  user_id integer not null references users, -- whose file it is
  name text not null,                    -- name of the file
  sha256 text not null,                  -- of its content
  kind text not null,                    -- imdb_ratings, letterboxd_diary …
  include text not null,                 -- kinds of title that are crawled, separated by commas
  rows integer not null default 0,       -- rows read
  added integer not null default 0,      -- rows that were new
  changed integer not null default 0,    -- rows that said something new
  gone integer not null default 0,       -- rows of the import before that are no longer in it (kept, marked)
  skipped integer not null default 0,    -- rows not taken (import_skips)
  imported_at text not null              -- when
);

create table import_skips (
  import_id integer not null references imports, -- the import
  line integer not null,                 -- line of the file
  reason text not null,                  -- why the row was not taken
  primary key (import_id, line)
);

create table import_entries (
  entry_id integer primary key,          -- order of importing
  user_id integer not null references users, -- the person
  kind text not null,                    -- kind of file
  entry_key text not null,               -- names the row within person and kind, from one export to the next
  film_id integer not null references films, -- film it is about
  stars real check (stars between 0.5 and 5), -- rating, 0.5 to 5
  rated_on text,                         -- day of the rating
  watched integer not null default 0,    -- 1: the row says that the film was seen
  watched_on text,                       -- date of the viewing
  precision text not null check (precision in ('exact', 'month', 'year', 'rated', 'unknown')), -- what that date is worth
  rewatch integer not null default 0,    -- 1: seen before
  liked integer not null default 0,      -- 1: marked with a heart
  list_name text,                        -- list the row stands in
  position integer,                      -- place in that list
  added_on text,                         -- day it was put there
  note text,                             -- the person's own note or tags
  first_import_id integer not null references imports, -- import that brought it
  last_import_id integer not null references imports, -- last import that still had it
  gone_at text,                          -- when a later export no longer had it
  unique (user_id, kind, entry_key)
);
create index import_entries_by_film on import_entries (film_id, user_id);

create table ratings (
  user_id integer not null references users, -- the person
  film_id integer not null references films, -- the film
  rating real check (rating between 0.5 and 5), -- stars, 0.5 to 5; null: liked, not rated
  rated_at text,                         -- day of the rating
  liked integer not null default 0,      -- 1: marked with a heart
  favourite integer not null default 0,  -- 1: one of the person's favourites
  primary key (user_id, film_id)
);
create index ratings_by_film on ratings (film_id, rating);

create table watches (
  watch_id integer primary key,          -- number of the viewing
  user_id integer not null references users, -- the person
  film_id integer not null references films, -- the film
  watched_on text,                       -- date, as far as it is known: YYYY-MM-DD, YYYY-MM or YYYY
  precision text not null,               -- exact, month, year, rated (seen on that day or before), unknown
  rewatch integer not null default 0,    -- 1: seen before
  rating real,                           -- rating given with this viewing
  entry_id integer references import_entries -- imported row it comes from
);
create index watches_by_film on watches (film_id, user_id);
create index watches_by_entry on watches (entry_id);
create index watches_by_day on watches (user_id, watched_on);

create table lists (
  list_id integer primary key,           -- our own number of the list
  name text not null,                    -- its name (watchlist, popular …)
  user_id integer references users,      -- whose it is; null: an upstream's
  origin text not null,                  -- kind of file, or source
  updated_at text not null               -- when its items last changed
);
create unique index lists_by_name on lists (name, origin, coalesce(user_id, 0));

create table list_items (
  list_id integer not null references lists, -- the list
  film_id integer not null references films, -- the film
  position integer,                      -- place in it, from 1
  added_at text,                         -- day it was added, where known
  note text,                             -- the list's note about it
  primary key (list_id, film_id)
);
create index list_items_by_film on list_items (film_id);

create table cohorts (
  cohort_id integer primary key,         -- our own number of the cohort
  label text not null unique,            -- its name
  created_at text not null               -- when it was made
);

create table cohort_members (
  cohort_id integer not null references cohorts, -- the cohort
  user_id integer not null references users, -- the member
  depth integer not null default 0,      -- steps from the person it was built around
  primary key (cohort_id, user_id)
);

create table follows (
  user_id integer not null references users, -- who follows
  follows_id integer not null references users, -- whom
  seen_at text not null,                 -- when this was seen
  primary key (user_id, follows_id)
);

-- what the sources say: a set of rows per film and source, replaced as a whole

create table film_facts (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  title text,                            -- title
  original_title text,                   -- title in the film's language
  title_type text,                       -- the source's word for the kind of title
  release_date text,                     -- first release, as far as it is known
  release_year integer,                  -- its year
  end_year integer,                      -- last year of a series
  runtime_minutes integer,               -- length in minutes
  seasons integer,                       -- seasons of a series
  episodes integer,                      -- episodes of a series
  status text,                           -- Released, Post Production …
  original_language text,                -- ISO 639-1
  overview text,                         -- what it is about
  tagline text,                          -- its slogan
  certificate text,                      -- age rating in the United States
  budget_usd integer,                    -- production budget in US dollars
  revenue_usd integer,                   -- takings in US dollars
  popularity real,                       -- the source's own figure
  awards text,                           -- awards in words
  awards_won integer,                    -- awards won
  award_nominations integer,             -- nominations
  collection_id integer,                 -- the source's id of the series of films it belongs to
  collection text,                       -- its name
  adult integer,                         -- 1: pornography
  poster_url text,                       -- poster
  backdrop_url text,                     -- backdrop
  homepage text,                         -- official site
  primary key (film_id, source)
);

create table scores (
  film_id integer not null references films, -- the film
  source text not null,                  -- who told us
  system text not null,                  -- whose score it is: imdb, tmdb, metacritic, rotten_tomatoes, letterboxd
  value real not null,                   -- the score
  scale real not null,                   -- the best possible score
  votes integer,                         -- number of votes
  primary key (film_id, source, system)
);

create table people (
  person_id text primary key,            -- scheme and id: tmdb:287, imdb:nm0000093, name:…
  name text not null,                    -- name
  gender integer,                        -- as TMDb counts: 1 female, 2 male, 3 non-binary
  profile_url text                       -- portrait
);

create table credits (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  person_id text not null references people, -- the person
  job text not null,                     -- actor, director, writer … in lower case; creator for a series
  department text,                       -- the source's department
  character text not null default '',    -- part played; '' for none
  billing integer,                       -- order in the source's list, from 0
  primary key (film_id, source, person_id, job, character)
);
create index credits_by_person on credits (person_id);

create table film_genres (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  genre text not null,                   -- genre
  position integer,                      -- order in the source's list, from 0
  primary key (film_id, source, genre)
);

create table film_countries (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  country text not null,                 -- ISO 3166-1, or the source's word
  name text,                             -- name of the country
  position integer,                      -- order in the source's list, from 0
  primary key (film_id, source, country)
);

create table film_languages (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  language text not null,                -- ISO 639-1, or the source's word
  name text,                             -- name of the language
  position integer,                      -- order in the source's list, from 0
  primary key (film_id, source, language)
);

create table film_keywords (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  keyword text not null,                 -- keyword
  primary key (film_id, source, keyword)
);

create table film_companies (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  company text not null,                 -- production company
  country text,                          -- its country, ISO 3166-1
  position integer,                      -- order in the source's list, from 0
  primary key (film_id, source, company)
);

create table alternative_titles (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  title text not null,                   -- title
  country text not null default '',      -- where it is used, ISO 3166-1; '' for not said
  kind text not null default '',         -- working title, DVD title …; '' for not said
  primary key (film_id, source, title, country, kind)
);

create table videos (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  site text not null,                    -- YouTube, Vimeo
  video_key text not null,               -- its id there
  name text,                             -- its name
  kind text,                             -- Trailer, Teaser, Clip …
  language text,                         -- ISO 639-1
  official integer,                      -- 1: from the studio
  published_at text,                     -- when it was put there
  primary key (film_id, source, site, video_key)
);

create table images (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  kind text not null,                    -- poster, backdrop, logo
  path text not null,                    -- the source's path of the image
  width integer,                         -- in pixels
  height integer,                        -- in pixels
  language text,                         -- ISO 639-1; null: no words on it
  score real,                            -- mean of its votes, 0 to 10
  votes integer,                         -- number of votes
  primary key (film_id, source, kind, path)
);

create table release_dates (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  country text not null,                 -- ISO 3166-1
  kind text not null,                    -- premiere, limited, theatrical, digital, physical, tv
  released_on text not null,             -- day
  certificate text,                      -- age rating there
  note text not null default '',         -- festival, service …; '' for none
  primary key (film_id, source, country, kind, released_on, note)
);

create table similar_films (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  scheme text not null,                  -- tmdb_movie, tmdb_tv, imdb
  value text not null,                   -- id of the similar film
  title text,                            -- its title
  release_year integer,                  -- its year
  position integer,                      -- order in the source's list, from 0
  primary key (film_id, source, scheme, value)
);

create table content_warnings (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  topic text not null,                   -- the question ("a dog dies")
  category text,                         -- its group
  yes integer not null default 0,        -- people who say yes
  no integer not null default 0,         -- people who say no
  comments integer not null default 0,   -- number of comments (never their text)
  primary key (film_id, source, topic)
);

create table deaths (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  actor text not null,                   -- actor who dies in it
  character text not null default '',    -- part played; '' for not said
  how text,                              -- the source's words
  primary key (film_id, source, actor, character)
);

create table film_histograms (
  film_id integer not null references films, -- the film
  source text not null,                  -- who says so
  bucket real not null,                  -- rating
  votes integer not null,                -- how many gave it
  primary key (film_id, source, bucket)
);

create table matches (
  film_id integer not null references films, -- the film that was looked up by its title
  source text not null,                  -- where
  title text not null,                   -- title asked for
  release_year integer,                  -- year asked for
  candidates text not null,              -- what was offered, best first: JSON list of id, title, year, confidence
  chosen text,                           -- what it is, in the source's words (movie/603); null: undecided; none: none of these
  confidence real,                       -- of the best candidate, 0 to 1
  decided_by text check (decided_by in ('auto', 'manual')), -- auto, manual; null: undecided. manual survives every crawl
  decided_at text,                       -- when
  primary key (film_id, source)
);

create table trailers (
  channel text not null,                 -- channel id
  video_id text not null,                -- YouTube id
  raw_title text not null,               -- title as published
  title text,                            -- title of the film, taken from it
  release_year integer,                  -- year, taken from it
  published_at text,                     -- when
  film_id integer references films,      -- the film, once matched
  primary key (video_id)
);
create index trailers_by_film on trailers (film_id);
