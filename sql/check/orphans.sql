-- Every row of what was crawled or imported points to rows that are there.
-- not portable: SQLite's own check is asked; elsewhere the database itself sees to this.
select "table" as tbl, parent as points_to, count(*) as rows_found
from pragma_foreign_key_check
group by "table", parent
order by "table", parent;
