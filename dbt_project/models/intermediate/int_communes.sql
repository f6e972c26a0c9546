select
    communes.commune_code,
    communes.departement_code,
    communes.region_code,
    members.territory_id
from {{ ref('stg_lake__communes') }} as communes
left join {{ ref('stg_lake__territory_communes') }} as members
    on communes.commune_code = members.commune_code
