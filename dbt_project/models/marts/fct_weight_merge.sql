select
    edition,
    step,
    cell,
    respondents,
    minimum,
    merged_into
from {{ ref('stg_estimates__weight_merges') }}
