with industry as (
    select
        register.company_key,
        communes.territory_id,
        divisions.section_code as sector,
        coalesce(communes.region_code, 'unknown') as region_code,
        -- NN and no band at all: INSEE presumes that nobody is employed.
        coalesce(bands.size_class, '0-9') as size_class,
        -- The geometric mean of the band's bounds: small companies are the more numerous within a band too.
        coalesce(
            sqrt(
                cast(bands.min_headcount as double) * coalesce(bands.max_headcount, bands.min_headcount)
            ),
            0.0
        ) as headcount
    from {{ ref('stg_lake__register') }} as register
    inner join {{ ref('stg_lake__activities') }} as divisions
        on
            substr(register.naf_code, 1, 2) = divisions.activity_code
            and divisions.nomenclature = 'naf-rev2'
            and divisions.level = 'division'
    left join {{ ref('headcount_bands') }} as bands
        on register.headcount_band = bands.headcount_band
    left join {{ ref('int_communes') }} as communes
        on register.commune_code = communes.commune_code
    where register.state = 'A' and divisions.section_code in ('B', 'C', 'D', 'E')
)

select
    region_code,
    size_class,
    sector,
    territory_id,
    count(*) as companies,
    cast(sum(headcount) as double) as headcount
from industry
group by region_code, size_class, sector, territory_id
