select
    members.company_key,
    members.branch,
    members.member_since,
    communes.region_code,
    communes.territory_id,
    bands.size_class
from {{ ref('stg_lake__federation_members') }} as members
left join {{ ref('stg_lake__register') }} as register
    on members.company_key = register.company_key
left join {{ ref('headcount_bands') }} as bands
    on register.headcount_band = bands.headcount_band
left join {{ ref('int_communes') }} as communes
    on register.commune_code = communes.commune_code
