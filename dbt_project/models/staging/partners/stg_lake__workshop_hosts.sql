select
    cast(stopover_id as string) as stopover_id,
    cast(host as string) as host,
    cast(role as string) as role,
    cast(institution_id as string) as institution_id
from {{ read_lake('workshop_hosts') }}
