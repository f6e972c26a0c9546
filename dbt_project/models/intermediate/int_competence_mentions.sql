-- What respondents say they need in their own words.
select
    edition,
    respondent_id,
    competence_code,
    case when item = 'other' or item like 'other:%' then 'other' else 'free_text' end as route,
    cast(count(*) as bigint) as mentions,
    max(score) as score
from {{ ref('stg_lake__competence_mappings') }}
where
    source = 'answers'
    and outcome = 'accepted'
group by
    edition,
    respondent_id,
    competence_code,
    case when item = 'other' or item like 'other:%' then 'other' else 'free_text' end
