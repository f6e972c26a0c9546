select
    cast(source as string) as source,
    cast(edition as string) as edition,
    cast(respondent_id as bigint) as respondent_id,
    cast(record_id as string) as record_id,
    cast(company_key as string) as company_key,
    cast(field as string) as field,
    cast(item as string) as item,
    cast(span as bigint) as span,
    cast(number as bigint) as number,
    cast(text as string) as text,
    cast(competence_code as string) as competence_code,
    cast(outcome as string) as outcome,
    cast(method as string) as method,
    cast(score as double) as score,
    cast(frame_version as string) as frame_version,
    cast(decided_by as string) as decided_by,
    cast(decided_at as timestamp) as decided_at
from {{ read_lake('competence_mappings') }}
