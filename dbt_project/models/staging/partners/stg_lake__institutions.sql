select
    cast(institution_id as string) as institution_id,
    cast(name as string) as name,
    cast(kind as string) as kind,
    cast(commune_code as string) as commune_code
from {{ read_lake('institutions') }}
