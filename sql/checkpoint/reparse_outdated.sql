-- Which sources have kept answers, and which versions of their parsers read them? (An answer whose status alone said what
-- it means was read by none.)
select distinct source, parser_version
from jobs
where state in ('done', 'absent', 'broken') and body_hash is not null and parser_version is not null;
