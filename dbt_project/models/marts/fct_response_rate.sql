select
    edition,
    region,
    size_class,
    population,
    invited,
    respondents,
    response_rate
from {{ ref('stg_estimates__response_rates') }}
