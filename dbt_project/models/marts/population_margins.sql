with industry as (
    select
        register.company_key,
        communes.territory_id,
        coalesce(communes.region_code, 'unknown') as region_code,
        -- NN and no band at all: INSEE presumes that nobody is employed.
        coalesce(bands.size_class, '0-9') as size_class,
        {{ industrial_section('register.naf_code') }} as sector,
        {{ band_headcount('register.headcount_band') }} as headcount
    from {{ ref('stg_lake__register') }} as register
    left join {{ ref('headcount_bands') }} as bands
        on register.headcount_band = bands.headcount_band
    left join {{ ref('int_communes') }} as communes
        on register.commune_code = communes.commune_code
    where register.state = 'A'
)

select
    region_code,
    size_class,
    sector,
    territory_id,
    count(*) as companies,
    cast(sum(headcount) as double) as headcount
from industry
where sector is not null
group by region_code, size_class, sector, territory_id
