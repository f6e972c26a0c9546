select
    cast(former_code as string) as former_code,
    cast(commune_code as string) as commune_code,
    cast(change as string) as change,
    cast(name as string) as name,
    cast(last_vintage as string) as last_vintage
from {{ read_lake('commune_passage') }}
