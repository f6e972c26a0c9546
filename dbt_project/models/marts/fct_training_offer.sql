with developed as (
    select
        offer_id,
        count(*) as competences
    from {{ ref('bridge_training_offer_competence') }}
    group by offer_id
)

select
    offers.offer_id,
    offers.institution_id,
    offers.title_fr,
    offers.title_en,
    offers.is_labelled_ice,
    coalesce(developed.competences, 0) as competences,
    offers.level,
    offers.format,
    offers.hours,
    offers.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    offers.language,
    offers.starts_on,
    offers.seats,
    offers.ends_on,
    offers.place,
    offers.seats_taken,
    offers.seats - offers.seats_taken as seats_left,
    offers.rncp_code,
    sheets.level as rncp_level,
    sheets.is_active as is_rncp_active
from {{ ref('stg_lake__training_offers') }} as offers
left join developed
    on offers.offer_id = developed.offer_id
left join {{ ref('int_communes') }} as communes
    on offers.commune_code = communes.commune_code
left join {{ ref('dim_certification') }} as sheets
    on offers.rncp_code = sheets.rncp_code
