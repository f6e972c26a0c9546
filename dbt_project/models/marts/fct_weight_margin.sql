select
    edition,
    constraint_name,
    respondents,
    total,
    unweighted,
    before_calibration,
    after_calibration
from {{ ref('stg_estimates__weight_margins') }}
