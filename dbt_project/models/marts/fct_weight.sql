select
    edition,
    respondent_id,
    company_key,
    stratum,
    response_group,
    variance_stratum,
    base_weight,
    response_weight,
    precalibration_weight,
    weight,
    headcount_weight,
    calibration_region,
    calibration_size_class,
    calibration_sector,
    calibration_headcount
from {{ ref('stg_estimates__weights') }}
