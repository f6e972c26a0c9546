select
    cast(territory_id as string) as territory_id,
    cast(commune_code as string) as commune_code
from {{ read_lake('territory_communes') }}
