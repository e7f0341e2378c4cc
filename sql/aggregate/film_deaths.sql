-- One row per film × actor who dies in it × manner, found by words in what the believed source says. A death may have
-- several manners (stabbed, and falls); one of which no word is known is `other`, or `not said`.
-- needs: deaths
drop table if exists film_deaths;
create table film_deaths (
  film_id integer not null,              -- film
  spoiler_actor text not null,           -- actor who dies in it
  spoiler_manner text not null,          -- shot, stabbed, drowned …; other; not said
  source text not null,                  -- who says so
  primary key (film_id, spoiler_actor, spoiler_manner)
);
insert into film_deaths
with heard as (
  select
    said.film_id, said.source,
    row_number() over (partition by said.film_id order by field_sources.place) as choice
  from (select distinct film_id, source from deaths) as said
  join field_sources on field_sources.field = 'deaths' and field_sources.source = said.source
),
told as (  -- in blanks, so that a pattern with blanks finds whole words
  select
    deaths.film_id, deaths.actor, deaths.source,
    ' ' || replace(replace(replace(replace(lower(deaths.how), '.', ' '), ',', ' '), ';', ' '), '-', ' ') || ' ' as how
  from deaths
  join heard on heard.film_id = deaths.film_id and heard.source = deaths.source and heard.choice = 1
),
words (manner, pattern) as (
  values
    ('shot', '% shot %'), ('shot', '% gunned %'), ('stabbed', '% stab%'), ('throat cut', '% throat %'),
    ('beheaded', '% behead%'), ('beheaded', '% decapitat%'), ('strangled', '% strangl%'), ('strangled', '% choked %'),
    ('suffocated', '% suffocat%'), ('suffocated', '% smothered %'), ('hanged', '% hanged %'), ('hanged', '% hangs %'),
    ('hanged', '% hanging %'), ('hanged', '% hung %'), ('drowned', '% drown%'), ('poisoned', '% poison%'),
    ('fall', '% falls %'), ('fall', '% falling %'), ('fall', '% fell %'), ('burned', '% burn%'),
    ('blown up', '% explo%'), ('blown up', '% blown %'), ('crash', '% crash%'), ('run over', '% run over %'),
    ('run over', '% hit by a %'), ('crushed', '% crushed %'), ('beaten', '% beaten %'), ('beaten', '% bludgeon%'),
    ('electrocuted', '% electrocut%'), ('eaten', '% eaten %'), ('eaten', '% devoured %'), ('impaled', '% impale%'),
    ('frozen', '% freez%'), ('frozen', '% frozen %'), ('suicide', '% suicide%'), ('illness', '% illness %'),
    ('illness', '% disease %'), ('illness', '% cancer %'), ('illness', '% heart attack %'), ('old age', '% old age %')
)
select distinct
  told.film_id, told.actor, coalesce(words.manner, case when told.how is null then 'not said' else 'other' end),
  told.source
from told
left join words on told.how like words.pattern
order by 1, 2, 3;
