select
    cast(quote_id as string) as quote_id,
    cast(quoted_on as date) as quoted_on,
    cast(quoted_by as string) as quoted_by,
    cast(medium as string) as medium,
    cast(edition as string) as edition,
    cast(indicator as string) as indicator,
    cast(domain_type as string) as domain_type,
    cast(domain as string) as domain,
    cast(quoted_value as double) as quoted_value,
    cast(decimals as bigint) as decimals,
    cast(wording as string) as wording
from {{ read_lake('quoted_figures') }}
