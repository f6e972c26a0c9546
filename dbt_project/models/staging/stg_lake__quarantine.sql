select
    cast(edition as string) as edition,
    cast(source as string) as source,
    cast(file as string) as file,
    cast(row_number as bigint) as row_number,
    cast(respondent_id as bigint) as respondent_id,
    cast(field as string) as field,
    cast(reason_code as string) as reason_code,
    cast(reason as string) as reason,
    cast(value_masked as string) as value_masked
from {{ read_lake('quarantine') }}
