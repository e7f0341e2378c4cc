-- Two manners in one sentence; words are looked for whole where parts mislead (the screenshot, the fallow field),
-- whatever stands around them (Shot., throat-slitting); a word that is not known; no words at all; and a second source,
-- not heard.
insert into films (film_id, media_type, title, created_at, updated_at) values
  (1, 'movie', 'A', '', ''), (2, 'movie', 'B', '', '');
insert into deaths (film_id, source, actor, how) values
  (1, 'cinemorgue', 'Sean Bean', 'Shot with arrows; he falls off a cliff. His throat-slitting was cut.'),
  (1, 'cinemorgue', 'Ida Nord', 'Seen dead in a screenshot of a fallow field.'),
  (1, 'cinemorgue', 'Bo Ek', null), (1, 'cinemorgue', 'Cy Roe', 'Is shot.'),
  (1, 'imdb', 'Somebody Else', 'Shot.'),
  (2, 'imdb', 'Sean Bean', 'POISONED, shot, and shot again');
