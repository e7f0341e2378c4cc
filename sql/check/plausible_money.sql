-- A budget or a revenue below a thousand dollars is probably one in millions that somebody mistyped.
-- notice
select film_id, title, budget_musd, revenue_musd
from film_details
where budget_musd < 0.001 or revenue_musd < 0.001
order by film_id;
