select
    cast(edition as string) as edition,
    cast(company_key as string) as company_key,
    cast(commune_code as string) as commune_code,
    cast(naf_code as string) as naf_code,
    cast(headcount_band as string) as headcount_band,
    cast(is_invited as boolean) as is_invited,
    cast(invitation_mode as string) as invitation_mode,
    cast(invited_on as date) as invited_on
from {{ read_lake('frame') }}
