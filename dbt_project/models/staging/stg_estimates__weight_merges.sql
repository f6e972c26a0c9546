select
    cast(edition as string) as edition,
    cast(step as string) as step,
    cast(cell as string) as cell,
    cast(respondents as bigint) as respondents,
    cast(minimum as bigint) as minimum,
    cast(merged_into as string) as merged_into
from {{ read_estimates('weight_merges') }}
