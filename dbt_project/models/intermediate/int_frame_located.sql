select
    frame.edition,
    frame.company_key,
    frame.is_invited,
    frame.commune_code,
    frame.naf_code,
    frame.headcount_band,
    bands.size_class,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    -- Every company of the frame has a stratum, so that the weights can add up to the frame.
    coalesce(communes.region_code, 'unknown') as stratum_region,
    coalesce(bands.size_class, 'unknown') as stratum_size_class
from {{ ref('stg_lake__frame') }} as frame
left join {{ ref('headcount_bands') }} as bands
    on frame.headcount_band = bands.headcount_band
left join {{ ref('int_communes') }} as communes
    on frame.commune_code = communes.commune_code
