select
    cast(edition as string) as edition,
    cast(respondent_id as bigint) as respondent_id,
    cast(company_key as string) as company_key,
    cast(stratum as string) as stratum,
    cast(response_group as string) as response_group,
    cast(variance_stratum as string) as variance_stratum,
    cast(base_weight as double) as base_weight,
    cast(response_weight as double) as response_weight,
    cast(precalibration_weight as double) as precalibration_weight,
    cast(weight as double) as weight,
    cast(headcount_weight as double) as headcount_weight,
    cast(calibration_region as string) as calibration_region,
    cast(calibration_size_class as string) as calibration_size_class,
    cast(calibration_sector as string) as calibration_sector,
    cast(calibration_headcount as double) as calibration_headcount
from {{ read_estimates('weights') }}
