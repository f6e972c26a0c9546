select
    cast(region_code as string) as region_code,
    cast(name as string) as name
from {{ read_lake('regions') }}
