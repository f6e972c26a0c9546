select
    hosts.stopover_id,
    hosts.host,
    hosts.role,
    hosts.institution_id
from {{ ref('stg_lake__workshop_hosts') }} as hosts
