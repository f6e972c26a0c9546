select
    cast(edition as string) as edition,
    cast(respondent_id as bigint) as respondent_id,
    cast(variable as string) as variable,
    cast(item as string) as item,
    cast(state as string) as state,
    cast(value_code as string) as value_code,
    cast(value_number as double) as value_number,
    cast(value_text as string) as value_text,
    cast(value_date as timestamp) as value_date
from {{ read_lake('answers') }}
