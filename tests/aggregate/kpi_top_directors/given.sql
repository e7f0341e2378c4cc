-- Ann has three ids and is one person, credited twice for film 3. Ann and Bo took as much with as many votes; they made
-- film 1 together. Cleo's votes are one more. Of Dov's film no revenue is known, Edda's does not count, Finn only played.
create table kpi_films (
  film_id integer primary key, title text, release_year integer, collection text, budget_musd real, revenue_musd real,
  profit_musd real, roi real, rating real, votes integer not null, popularity real
);
insert into kpi_films values
  (1, 'Alpha', 1999, null, null, 50, null, null, 7, 10, null),
  (2, 'Beta', 2000, null, null, null, null, null, null, 5, null),
  (3, 'Gamma', 2001, null, null, 30, null, null, 9, 5, null),
  (4, 'Delta', 2002, null, null, 30, null, null, 5, 10, null),
  (5, 'Epsilon', 2003, null, null, 80, null, null, null, 21, null);
create table film_chosen_credits (
  film_id integer, job text, source text, person_id text, name text, character text, billing integer
);
insert into film_chosen_credits values
  (1, 'director', 'tmdb', 'tmdb:1', 'Ann', '', 0), (1, 'director', 'tmdb', 'tmdb:2', 'Bo', '', 1),
  (2, 'director', 'tmdb', 'tmdb:1', 'Ann', '', 0), (2, 'director', 'tmdb', 'tmdb:4', 'Dov', '', 1),
  (3, 'director', 'imdb_datasets', 'imdb:nm1', 'Ann', '', 0), (3, 'director', 'imdb_datasets', 'imdb:nm9', 'Ann', '', 1),
  (4, 'director', 'tmdb', 'tmdb:2', 'Bo', '', 0),
  (5, 'director', 'tmdb', 'tmdb:3', 'Cleo', '', 0), (6, 'director', 'tmdb', 'tmdb:5', 'Edda', '', 0),
  (5, 'actor', 'tmdb', 'tmdb:6', 'Finn', '', 0);
create table same_people (credited_id text, name text, person_id text);
insert into same_people values
  ('tmdb:1', 'Ann', 'tmdb:1'), ('imdb:nm1', 'Ann', 'tmdb:1'), ('imdb:nm9', 'Ann', 'tmdb:1'), ('tmdb:2', 'Bo', 'tmdb:2'), ('tmdb:3', 'Cleo', 'tmdb:3'),
  ('tmdb:4', 'Dov', 'tmdb:4'), ('tmdb:5', 'Edda', 'tmdb:5'), ('tmdb:6', 'Finn', 'tmdb:6');
insert into films (film_id, imdb_id, created_at, updated_at) values (1, 'tt0000001', '2026', '2026');
insert into film_facts (film_id, source, collection, budget_usd, revenue_usd, popularity)
values (1, 'tmdb', 'Alpha Collection', 10000000, 30000000, 5.0);  -- what the file needs
insert into people (person_id, name) values ('tmdb:1', 'Ann');
insert into credits (film_id, source, person_id, job) values (1, 'tmdb', 'tmdb:1', 'director');
