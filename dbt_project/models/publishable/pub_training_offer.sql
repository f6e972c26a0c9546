select
    offers.offer_id,
    offers.institution_id,
    institutions.name as institution_name,
    offers.title_fr,
    offers.title_en,
    offers.is_labelled_ice,
    offers.level,
    offers.format,
    offers.hours,
    offers.commune_code,
    offers.region_code,
    offers.territory_id,
    offers.language,
    offers.starts_on,
    offers.seats
from {{ ref('fct_training_offer') }} as offers
left join {{ ref('dim_institution') }} as institutions
    on offers.institution_id = institutions.institution_id
