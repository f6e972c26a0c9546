select
    cast(edition as string) as edition,
    cast(measure as string) as measure,
    cast(value as double) as value
from {{ read_estimates('weight_diagnostics') }}
