select
    cast(edition as string) as edition,
    cast(respondent_id as bigint) as respondent_id,
    cast(source as string) as source,
    cast(company_key as string) as company_key,
    cast(identified_by as string) as identified_by,
    cast(siren_class as string) as siren_class,
    cast(siret_class as string) as siret_class,
    cast(is_test as boolean) as is_test,
    cast(is_complete as boolean) as is_complete,
    cast(is_undated as boolean) as is_undated,
    cast(started_at as timestamp) as started_at,
    cast(submitted_at as timestamp) as submitted_at,
    cast(last_action_at as timestamp) as last_action_at,
    cast(last_page as bigint) as last_page,
    cast(language as string) as language,
    cast(file as string) as file,
    cast(row_number as bigint) as row_number
from {{ read_lake('respondents') }}
