select
    cast(placement_id as string) as placement_id,
    cast(opportunity_id as string) as opportunity_id,
    cast(institution_id as string) as institution_id,
    cast(company_key as string) as company_key,
    cast(placement_kind as string) as placement_kind,
    cast(started_on as date) as started_on,
    cast(ended_on as date) as ended_on,
    cast(is_hired as boolean) as is_hired
from {{ read_lake('placements') }}
