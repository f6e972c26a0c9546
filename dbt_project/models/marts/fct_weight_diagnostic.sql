select
    edition,
    measure,
    value
from {{ ref('stg_estimates__weight_diagnostics') }}
