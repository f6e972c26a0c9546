select
    cast(partner as string) as partner,
    cast(table_name as string) as table_name,
    cast(file as string) as file,
    cast(row_number as bigint) as row_number,
    cast(field as string) as field,
    cast(reason_code as string) as reason_code,
    cast(reason as string) as reason,
    cast(value_masked as string) as value_masked,
    cast(is_row_lost as boolean) as is_row_lost
from {{ read_lake('partner_quarantine') }}
