select
    exporters.company_key,
    exporters.year,
    exporters.value_band,
    exporters.countries,
    exporters.main_area,
    communes.region_code,
    communes.territory_id,
    substr(register.naf_code, 1, 2) as naf_division,
    bands.size_class
from {{ ref('stg_lake__customs_exporters') }} as exporters
left join {{ ref('stg_lake__register') }} as register
    on exporters.company_key = register.company_key
left join {{ ref('headcount_bands') }} as bands
    on register.headcount_band = bands.headcount_band
left join {{ ref('int_communes') }} as communes
    on register.commune_code = communes.commune_code
