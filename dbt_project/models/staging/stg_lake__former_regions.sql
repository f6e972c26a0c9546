select
    cast(former_region_code as string) as former_region_code,
    cast(name as string) as name
from {{ read_lake('former_regions') }}
