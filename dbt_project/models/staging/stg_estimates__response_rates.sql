select
    cast(edition as string) as edition,
    cast(region as string) as region,
    cast(size_class as string) as size_class,
    cast(population as bigint) as population,
    cast(invited as bigint) as invited,
    cast(respondents as bigint) as respondents,
    cast(response_rate as double) as response_rate
from {{ read_estimates('response_rates') }}
