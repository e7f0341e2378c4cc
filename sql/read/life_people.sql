-- Whose films are told of one by one, and do any dates of viewings count, or only days of ratings?
select
  users.user_id,
  users.name,
  exists (
    select 1 from agg_year where agg_year.user_id = users.user_id and agg_year.dates = 'viewing'
  ) as has_viewings
from users
join ranked_cohorts on ranked_cohorts.kind = 'person' and ranked_cohorts.cohort_id = -users.user_id
order by users.user_id;
