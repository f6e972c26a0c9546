select
    placements.placement_id,
    placements.opportunity_id,
    placements.institution_id,
    placements.company_key,
    placements.placement_kind,
    placements.started_on,
    placements.ended_on,
    placements.is_hired,
    -- Where the work is: at the place of the opportunity, else at that of the company.
    coalesce(opportunities.commune_code, register.commune_code) as commune_code,
    communes.region_code,
    communes.territory_id
from {{ ref('stg_lake__placements') }} as placements
left join {{ ref('stg_lake__opportunities') }} as opportunities
    on placements.opportunity_id = opportunities.opportunity_id
left join {{ ref('stg_lake__register') }} as register
    on placements.company_key = register.company_key
left join {{ ref('int_communes') }} as communes
    on coalesce(opportunities.commune_code, register.commune_code) = communes.commune_code
