-- One row per film: each field as the source says it that is believed about that field (film_fields, film_chosen_lists,
-- film_chosen_credits), with the name of that source in `sources`.
drop table if exists film_details;
create table film_details (
  film_id integer primary key,           -- the film
  title text,                            -- title
  original_title text,                   -- title in the film's language
  media_type text,                       -- movie, tv, episode, game, other; null: not known yet
  release_date text,                     -- first release, as far as it is known
  release_year integer,                  -- its year; where nobody says one, that of release_date
  decade integer,                        -- first year of its ten (1990)
  runtime_minutes integer,               -- length in minutes
  status text,                           -- Released, Post Production …
  certificate text,                      -- age rating
  overview text,                         -- what it is about
  tagline text,                          -- its slogan
  original_language text,                -- ISO 639-1
  genres text,                           -- genres: a|b, as the source orders them; so are the next three
  countries text,                        -- production countries (ISO 3166-1, or the source's word)
  languages text,                        -- spoken languages (ISO 639-1, or the source's word)
  directors text,                        -- names of the directors
  collection text,                       -- series of films it belongs to
  budget_musd real,                      -- production budget in millions of US dollars; null: not known
  revenue_musd real,                     -- takings in millions of US dollars; null: not known
  profit_musd real,                      -- revenue minus budget; null where one of them is not known
  roi real,                              -- profit / budget (1.0: took twice what it cost); null where one is not known
  rating real,                           -- IMDb's rating, 1 to 10
  votes integer,                         -- votes for it
  tmdb_rating real,                      -- TMDb's rating, to 10
  tmdb_votes integer,                    -- votes for it
  metascore integer,                     -- Metacritic's score, to 100
  rotten_tomatoes integer,               -- critics who liked it at Rotten Tomatoes, in percent
  popularity real,                       -- TMDb's figure of the day
  awards_won integer,                    -- awards won
  award_nominations integer,             -- nominations
  poster_url text,                       -- poster
  imdb_id text,                          -- IMDb id
  tmdb_id integer,                       -- TMDb id; films and series are numbered apart
  sources text,                          -- who is believed: poster=tmdb|runtime=omdb …; import: the person's own file
  needs_enrichment integer not null check (needs_enrichment in (0, 1)), -- 1: followed, and no source has told facts
  followed integer not null check (followed in (0, 1)) -- 1: crawled; 0: kept, but not asked about
);
insert into film_details
with scalars as (
  select
    film_id,
    max(case field when 'title' then value end) as title,
    max(case field when 'original_title' then value end) as original_title,
    max(case field when 'release_date' then value end) as release_date,
    max(case field when 'release_year' then value end) as release_year,
    max(case field when 'runtime' then value end) as runtime_minutes,
    max(case field when 'status' then value end) as status,
    max(case field when 'certificate' then value end) as certificate,
    max(case field when 'overview' then value end) as overview,
    max(case field when 'tagline' then value end) as tagline,
    max(case field when 'original_language' then value end) as original_language,
    max(case field when 'collection' then value end) as collection,
    cast(max(case field when 'budget' then value end) as real) as budget_usd,
    cast(max(case field when 'revenue' then value end) as real) as revenue_usd,
    max(case field when 'rating' then value end) as rating,
    max(case field when 'votes' then value end) as votes,
    max(case field when 'tmdb_rating' then value end) as tmdb_rating,
    max(case field when 'tmdb_votes' then value end) as tmdb_votes,
    max(case field when 'metascore' then value end) as metascore,
    max(case field when 'rotten_tomatoes' then value end) as rotten_tomatoes,
    max(case field when 'popularity' then value end) as popularity,
    max(case field when 'awards_won' then value end) as awards_won,
    max(case field when 'award_nominations' then value end) as award_nominations,
    max(case field when 'poster' then value end) as poster_url,
    group_concat(field || '=' || source, '|') as sources
  from film_fields  -- in the order of its key, so that the fields in `sources` are in theirs
  group by film_id
),
listed as (
  select film_id, field, source, value, coalesce(position, 1000000) as place
  from film_chosen_lists
  where field in ('genres', 'countries', 'languages')
  union all
  select film_id, 'directors', source, name, coalesce(billing, 1000000)
  from film_chosen_credits
  where job = 'director'
),
joined as (
  select distinct
    film_id, field, source,
    group_concat(value, '|') over (
      partition by film_id, field order by place, value
      rows between unbounded preceding and unbounded following
    ) as value
  from listed
),
lists as (
  select
    film_id,
    max(case field when 'genres' then value end) as genres,
    max(case field when 'countries' then value end) as countries,
    max(case field when 'languages' then value end) as languages,
    max(case field when 'directors' then value end) as directors,
    max(case field when 'genres' then '|genres=' || source else '' end)
    || max(case field when 'countries' then '|countries=' || source else '' end)
    || max(case field when 'languages' then '|languages=' || source else '' end)
    || max(case field when 'directors' then '|directors=' || source else '' end) as sources
  from joined
  group by film_id
),
dated as (
  select
    scalars.*,
    cast(coalesce(release_year, substr(release_date, 1, 4)) as integer) as year
  from scalars
)
select
  films.film_id, dated.title, dated.original_title, films.media_type, dated.release_date, dated.year,
  dated.year - dated.year % 10, cast(dated.runtime_minutes as integer), dated.status, dated.certificate, dated.overview,
  dated.tagline, dated.original_language, lists.genres, lists.countries, lists.languages, lists.directors,
  dated.collection, dated.budget_usd / 1000000, dated.revenue_usd / 1000000,
  (dated.revenue_usd - dated.budget_usd) / 1000000, (dated.revenue_usd - dated.budget_usd) / dated.budget_usd,
  cast(dated.rating as real), cast(dated.votes as integer), cast(dated.tmdb_rating as real),
  cast(dated.tmdb_votes as integer), cast(round(cast(dated.metascore as real)) as integer),
  cast(round(cast(dated.rotten_tomatoes as real)) as integer), cast(dated.popularity as real),
  cast(dated.awards_won as integer), cast(dated.award_nominations as integer), dated.poster_url,
  films.imdb_id, films.tmdb_id, coalesce(dated.sources || coalesce(lists.sources, ''), substr(lists.sources, 2)),
  case
    when films.followed = 1 and not exists (select 1 from film_facts where film_facts.film_id = films.film_id) then 1
    else 0
  end,
  films.followed
from films
left join dated on dated.film_id = films.film_id
left join lists on lists.film_id = films.film_id
order by films.film_id;
