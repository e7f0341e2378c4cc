-- A film met for the first time.
insert into films (media_type, title, original_title, release_year, followed, origin, created_at, updated_at)
values (:media_type, :title, :original_title, :release_year, :followed, :origin, :now, :now);
