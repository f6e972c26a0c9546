select
    edition,
    indicator,
    domain_type,
    domain,
    value,
    se,
    ci_low,
    ci_high,
    n,
    weighted_n,
    cv,
    flag,
    reason,
    comparability,
    kind,
    sensitivity_low,
    sensitivity_high
from {{ ref('stg_estimates__published_figures') }}
where subject is null
