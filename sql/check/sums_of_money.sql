-- Profit is revenue less budget, return on investment is profit by budget, and neither is known without both.
select film_id, title, budget_musd, revenue_musd, profit_musd, roi
from film_details
where (profit_musd is not null) <> (budget_musd is not null and revenue_musd is not null)
  or (roi is not null) <> (budget_musd is not null and revenue_musd is not null)
  or abs(profit_musd - (revenue_musd - budget_musd)) > 0.000001
  or abs(roi * budget_musd - profit_musd) > 0.000001 * (1 + abs(profit_musd))
order by film_id;
