select
    cast(edition as string) as edition,
    cast(indicator as string) as indicator,
    cast(domain_type as string) as domain_type,
    cast(domain as string) as domain,
    cast(value as double) as value,
    cast(se as double) as se,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high,
    cast(n as bigint) as n,
    cast(weighted_n as double) as weighted_n,
    cast(cv as double) as cv,
    cast(flag as string) as flag,
    cast(reason as string) as reason,
    cast(comparability as string) as comparability,
    cast(gamma as double) as gamma
from {{ read_estimates('published_territory_models') }}
