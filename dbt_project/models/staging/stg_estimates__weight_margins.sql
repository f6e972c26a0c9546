select
    cast(edition as string) as edition,
    cast(constraint_name as string) as constraint_name,
    cast(respondents as bigint) as respondents,
    cast(total as double) as total,
    cast(unweighted as double) as unweighted,
    cast(before_calibration as double) as before_calibration,
    cast(after_calibration as double) as after_calibration
from {{ read_estimates('weight_margins') }}
