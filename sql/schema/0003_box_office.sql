-- What OMDb calls box office is takings in one market only: not to be mixed with revenue_usd, the whole world's.
-- The comment stands before the type, because SQLite keeps the text of a new column up to its end.

alter table film_facts add column
  box_office_usd -- takings in the United States and Canada, in US dollars
  integer;
