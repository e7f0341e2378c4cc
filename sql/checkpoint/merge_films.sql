-- Two rows are one film: everything said of :drop is said of :keep.
-- Where a source speaks of both, what it says of :keep stays; a decision made by a person wins over one that was not.
update import_entries set film_id = :keep where film_id = :drop;
insert into touched select distinct user_id, film_id from import_entries where film_id = :keep;
update ratings
set (rating, rated_at, liked, favourite) = (
  select
    coalesce(ratings.rating, d.rating),
    case when ratings.rating is null then d.rated_at else ratings.rated_at end,
    max(ratings.liked, d.liked),
    max(ratings.favourite, d.favourite)
  from ratings as d
  where d.film_id = :drop and d.user_id = ratings.user_id
)
where film_id = :keep and user_id in (select r.user_id from ratings as r where r.film_id = :drop);
delete from ratings
where film_id = :drop and user_id in (select r.user_id from ratings as r where r.film_id = :keep);
update ratings set film_id = :keep where film_id = :drop;
update watches set film_id = :keep where film_id = :drop;
delete from list_items
where film_id = :drop and list_id in (select i.list_id from list_items as i where i.film_id = :keep);
update list_items set film_id = :keep where film_id = :drop;

update jobs set film_id = :keep where film_id = :drop;
update failures set film_id = :keep where film_id = :drop;
update conflicts set film_id = :keep where film_id = :drop;
update trailers set film_id = :keep where film_id = :drop;
update or ignore run_films set film_id = :keep where film_id = :drop;
delete from run_films where film_id = :drop;
delete from matches
where film_id = :keep and decided_by is not 'manual'
  and source in (select m.source from matches as m where m.film_id = :drop and m.decided_by = 'manual');
delete from matches
where film_id = :drop and source in (select m.source from matches as m where m.film_id = :keep);
update matches set film_id = :keep where film_id = :drop;

delete from film_facts where film_id = :drop and source in (select k.source from film_facts as k where k.film_id = :keep);
update film_facts set film_id = :keep where film_id = :drop;
delete from scores where film_id = :drop and source in (select k.source from scores as k where k.film_id = :keep);
update scores set film_id = :keep where film_id = :drop;
delete from credits where film_id = :drop and source in (select k.source from credits as k where k.film_id = :keep);
update credits set film_id = :keep where film_id = :drop;
delete from film_genres where film_id = :drop and source in (select k.source from film_genres as k where k.film_id = :keep);
update film_genres set film_id = :keep where film_id = :drop;
delete from film_countries where film_id = :drop and source in (select k.source from film_countries as k where k.film_id = :keep);
update film_countries set film_id = :keep where film_id = :drop;
delete from film_languages where film_id = :drop and source in (select k.source from film_languages as k where k.film_id = :keep);
update film_languages set film_id = :keep where film_id = :drop;
delete from film_keywords where film_id = :drop and source in (select k.source from film_keywords as k where k.film_id = :keep);
update film_keywords set film_id = :keep where film_id = :drop;
delete from film_companies where film_id = :drop and source in (select k.source from film_companies as k where k.film_id = :keep);
update film_companies set film_id = :keep where film_id = :drop;
delete from alternative_titles where film_id = :drop and source in (select k.source from alternative_titles as k where k.film_id = :keep);
update alternative_titles set film_id = :keep where film_id = :drop;
delete from videos where film_id = :drop and source in (select k.source from videos as k where k.film_id = :keep);
update videos set film_id = :keep where film_id = :drop;
delete from images where film_id = :drop and source in (select k.source from images as k where k.film_id = :keep);
update images set film_id = :keep where film_id = :drop;
delete from release_dates where film_id = :drop and source in (select k.source from release_dates as k where k.film_id = :keep);
update release_dates set film_id = :keep where film_id = :drop;
delete from similar_films where film_id = :drop and source in (select k.source from similar_films as k where k.film_id = :keep);
update similar_films set film_id = :keep where film_id = :drop;
delete from content_warnings where film_id = :drop and source in (select k.source from content_warnings as k where k.film_id = :keep);
update content_warnings set film_id = :keep where film_id = :drop;
delete from deaths where film_id = :drop and source in (select k.source from deaths as k where k.film_id = :keep);
update deaths set film_id = :keep where film_id = :drop;
delete from film_histograms where film_id = :drop and source in (select k.source from film_histograms as k where k.film_id = :keep);
update film_histograms set film_id = :keep where film_id = :drop;

update film_aliases set film_id = :keep where film_id = :drop;
insert into film_aliases (scheme, value, film_id, since) values ('film', cast(:drop as text), :keep, :now);
create temp table if not exists merged as select * from films where 0;
delete from merged;
insert into merged select * from films where film_id = :drop;
delete from films where film_id = :drop;
update films
set
  imdb_id = coalesce(imdb_id, (select merged.imdb_id from merged)),
  letterboxd_slug = coalesce(letterboxd_slug, (select merged.letterboxd_slug from merged)),
  media_type = case
    when tmdb_id is null and (select merged.tmdb_id from merged) is not null then (select merged.media_type from merged)
    else coalesce(media_type, (select merged.media_type from merged))
  end,
  tmdb_id = coalesce(tmdb_id, (select merged.tmdb_id from merged)),
  title = coalesce(title, (select merged.title from merged)),
  original_title = coalesce(original_title, (select merged.original_title from merged)),
  release_year = coalesce(release_year, (select merged.release_year from merged)),
  followed = max(followed, (select merged.followed from merged)),
  updated_at = :now
where film_id = :keep;
