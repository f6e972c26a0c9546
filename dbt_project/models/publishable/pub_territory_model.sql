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
    gamma
from {{ ref('stg_estimates__published_territory_models') }}
