-- Of how many films has this source had an answer that was not applied, and none since that was?
select count(distinct film_id) from conflicts where source = :source and resolved_at is null;
