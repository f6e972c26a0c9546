select
    cast(edition as string) as edition,
    cast(system as string) as system,
    cast(number as bigint) as number,
    cast(company_key as string) as company_key,
    cast(respondent_id as bigint) as respondent_id,
    cast(answer as double) as answer,
    cast(value as double) as value,
    cast(weight as double) as weight,
    cast(is_present as boolean) as is_present,
    cast(sums as string) as sums
from {{ read_estimates('public_knowledge') }}
