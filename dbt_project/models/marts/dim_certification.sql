select
    sheets.rncp_code,
    sheets.title_fr,
    sheets.diploma,
    sheets.level,
    sheets.registration_kind,
    sheets.registered_until,
    sheets.is_active
from {{ ref('stg_lake__rncp_sheets') }} as sheets
