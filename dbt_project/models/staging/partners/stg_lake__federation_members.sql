select
    cast(company_key as string) as company_key,
    cast(branch as string) as branch,
    cast(member_since as date) as member_since
from {{ read_lake('federation_members') }}
