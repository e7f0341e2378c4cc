-- Money that is not known is null, never nothing or less than nothing.
select film_id, source, budget_usd, revenue_usd, box_office_usd
from film_facts
where budget_usd <= 0 or revenue_usd <= 0 or box_office_usd <= 0
order by film_id, source;
