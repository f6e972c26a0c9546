select
    cast(vacancy_id as string) as vacancy_id,
    cast(company_key as string) as company_key,
    cast(title_fr as string) as title_fr,
    cast(rome_code as string) as rome_code,
    cast(naf_code as string) as naf_code,
    cast(commune_code as string) as commune_code,
    cast(contract_kind as string) as contract_kind,
    cast(posts as bigint) as posts,
    cast(experience_years as bigint) as experience_years,
    cast(competences as string) as competences,
    cast(published_on as date) as published_on
from {{ read_lake('vacancies') }}
