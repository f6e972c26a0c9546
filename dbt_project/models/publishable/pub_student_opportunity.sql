-- Counts for the whole country: below it most cells would be a single company. What fewer than ten companies
-- make is left out.
with opportunities as (
    select
        opportunity_kind,
        count(*) as opportunities,
        count(distinct company_key) as companies
    from {{ ref('fct_opportunity') }}
    group by opportunity_kind
),

placements as (
    select
        placement_kind,
        count(*) as placements,
        count(distinct company_key) as companies
    from {{ ref('fct_placement') }}
    group by placement_kind
)

select
    opportunities.opportunity_kind,
    opportunities.opportunities,
    case when placements.companies >= 10 then placements.placements end as placements
from opportunities
left join placements
    on opportunities.opportunity_kind = placements.placement_kind
where opportunities.companies >= 10
