select
    cast(rncp_code as string) as rncp_code,
    cast(title_fr as string) as title_fr,
    cast(diploma as string) as diploma,
    cast(level as string) as level,
    cast(registration_kind as string) as registration_kind,
    cast(registered_until as date) as registered_until,
    cast(is_active as boolean) as is_active
from {{ read_lake('rncp_sheets') }}
