select
    cast(territory_id as string) as territory_id,
    cast(name as string) as name
from {{ read_lake('territories') }}
