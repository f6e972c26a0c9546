select
    cast(company_key as string) as company_key,
    cast(commune_code as string) as commune_code,
    cast(naf_code as string) as naf_code,
    cast(headcount_band as string) as headcount_band,
    cast(category as string) as category,
    cast(state as string) as state,
    cast(created_on as date) as created_on,
    cast(diffusion as string) as diffusion,
    cast(open_establishments as bigint) as open_establishments,
    cast(closed_establishments as bigint) as closed_establishments
from {{ read_lake('register') }}
