-- One row of film_facts; an upstream that repeats itself within an answer is taken at its last word.
insert into film_facts (
  film_id, source, title, original_title, title_type, release_date, release_year, end_year, runtime_minutes,
  seasons, episodes, status, original_language, overview, tagline, certificate, budget_usd, revenue_usd,
  popularity, awards, awards_won, award_nominations, collection_id, collection, adult, poster_url,
  backdrop_url, homepage, box_office_usd
)
values (
  :film_id, :source, :title, :original_title, :title_type, :release_date, :release_year, :end_year,
  :runtime_minutes, :seasons, :episodes, :status, :original_language, :overview, :tagline, :certificate,
  :budget_usd, :revenue_usd, :popularity, :awards, :awards_won, :award_nominations, :collection_id,
  :collection, :adult, :poster_url, :backdrop_url, :homepage, :box_office_usd
)
on conflict (film_id, source) do update set
  title = excluded.title,
  original_title = excluded.original_title,
  title_type = excluded.title_type,
  release_date = excluded.release_date,
  release_year = excluded.release_year,
  end_year = excluded.end_year,
  runtime_minutes = excluded.runtime_minutes,
  seasons = excluded.seasons,
  episodes = excluded.episodes,
  status = excluded.status,
  original_language = excluded.original_language,
  overview = excluded.overview,
  tagline = excluded.tagline,
  certificate = excluded.certificate,
  budget_usd = excluded.budget_usd,
  revenue_usd = excluded.revenue_usd,
  popularity = excluded.popularity,
  awards = excluded.awards,
  awards_won = excluded.awards_won,
  award_nominations = excluded.award_nominations,
  collection_id = excluded.collection_id,
  collection = excluded.collection,
  adult = excluded.adult,
  poster_url = excluded.poster_url,
  backdrop_url = excluded.backdrop_url,
  homepage = excluded.homepage,
  box_office_usd = excluded.box_office_usd;
