select
    cast(company_key as string) as company_key,
    cast(year as bigint) as year,
    cast(value_band as string) as value_band,
    cast(countries as bigint) as countries,
    cast(main_area as string) as main_area
from {{ read_lake('customs_exporters') }}
