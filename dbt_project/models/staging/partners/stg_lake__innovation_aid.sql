select
    cast(decision_id as string) as decision_id,
    cast(company_key as string) as company_key,
    cast(scheme as string) as scheme,
    cast(aid_kind as string) as aid_kind,
    cast(amount_eur as double) as amount_eur,
    cast(decided_on as date) as decided_on,
    cast(decided_year as bigint) as decided_year,
    cast(commune_code as string) as commune_code
from {{ read_lake('innovation_aid') }}
