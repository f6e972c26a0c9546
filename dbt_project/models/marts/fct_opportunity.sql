with placed as (
    select
        opportunity_id,
        count(*) as placements
    from {{ ref('stg_lake__placements') }}
    group by opportunity_id
)

select
    opportunities.opportunity_id,
    opportunities.company_key,
    opportunities.opportunity_kind,
    opportunities.title_fr,
    opportunities.competences as competence_codes,
    opportunities.level,
    opportunities.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    opportunities.months,
    opportunities.starts_on,
    opportunities.published_on,
    coalesce(placed.placements, 0) as placements
from {{ ref('stg_lake__opportunities') }} as opportunities
left join placed
    on opportunities.opportunity_id = placed.opportunity_id
left join {{ ref('int_communes') }} as communes
    on opportunities.commune_code = communes.commune_code
