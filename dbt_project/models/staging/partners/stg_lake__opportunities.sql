select
    cast(opportunity_id as string) as opportunity_id,
    cast(company_key as string) as company_key,
    cast(opportunity_kind as string) as opportunity_kind,
    cast(title_fr as string) as title_fr,
    cast(competences as string) as competences,
    cast(level as string) as level,
    cast(commune_code as string) as commune_code,
    cast(months as bigint) as months,
    cast(starts_on as date) as starts_on,
    cast(published_on as date) as published_on
from {{ read_lake('opportunities') }}
