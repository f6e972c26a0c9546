select
    cast(departement_code as string) as departement_code,
    cast(name as string) as name,
    cast(region_code as string) as region_code,
    cast(former_region_code as string) as former_region_code
from {{ read_lake('departements') }}
