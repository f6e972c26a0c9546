select
    cast(commune_code as string) as commune_code,
    cast(name as string) as name,
    cast(departement_code as string) as departement_code,
    cast(region_code as string) as region_code,
    cast(epci_code as string) as epci_code,
    cast(ept_code as string) as ept_code,
    cast(district_of as string) as district_of,
    cast(population as bigint) as population
from {{ read_lake('communes') }}
