-- Fill what is not known yet; a film that one input follows stays followed.
update films
set
  media_type = coalesce(media_type, :media_type),
  title = coalesce(title, :title),
  original_title = coalesce(original_title, :original_title),
  release_year = coalesce(release_year, :release_year),
  followed = max(followed, :followed),
  updated_at = :now
where film_id = :film_id
  and (
    (media_type is null and :media_type is not null)
    or (title is null and :title is not null)
    or (original_title is null and :original_title is not null)
    or (release_year is null and :release_year is not null)
    or followed < :followed
  );
