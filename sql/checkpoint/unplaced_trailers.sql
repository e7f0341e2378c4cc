-- Which trailers have no film yet? First those that tell a year, the newest first: they say most about a new film.
select video_id, channel, title, release_year, media_type, season, published_at
from trailers
where film_id is null and title is not null and kind in ('trailer', 'teaser', 'spot')
order by release_year is null, coalesce(season, 1) > 1, published_at desc, video_id;
