select
    frame.edition,
    frame.company_key,
    frame.is_invited,
    frame.invitation_mode,
    frame.invited_on,
    frame.commune_code,
    frame.naf_code,
    frame.headcount_band,
    bands.size_class,
    case when divisions.section_code in ('B', 'C', 'D', 'E') then divisions.section_code end as sector,
    coalesce({{ middle_headcount('bands') }}, 0) as headcount,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    -- Every company of the frame has a stratum, so that the weights can add up to the frame.
    coalesce(communes.region_code, 'unknown') as stratum_region,
    coalesce(bands.size_class, 'unknown') as stratum_size_class
from {{ ref('stg_lake__frame') }} as frame
left join {{ ref('headcount_bands') }} as bands
    on frame.headcount_band = bands.headcount_band
left join {{ ref('stg_lake__activities') }} as divisions
    on
        substr(frame.naf_code, 1, 2) = divisions.activity_code
        and divisions.nomenclature = 'naf-rev2'
        and divisions.level = 'division'
left join {{ ref('int_communes') }} as communes
    on frame.commune_code = communes.commune_code
