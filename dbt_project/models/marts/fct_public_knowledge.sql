select
    edition,
    system,
    number,
    company_key,
    respondent_id,
    answer,
    value,
    weight,
    is_present,
    sums
from {{ ref('stg_estimates__public_knowledge') }}
