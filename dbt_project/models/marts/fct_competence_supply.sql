select
    developed.competence_code,
    offers.region_code,
    offers.territory_id,
    offers.level,
    offers.format,
    offers.language,
    offers.is_labelled_ice,
    coalesce(offers.format = 'online', false) as is_distance,
    cast(count(*) as bigint) as offers,
    cast(count(distinct offers.institution_id) as bigint) as institutions,
    cast(sum(case when developed.origin = 'recognised' then 1 else 0 end) as bigint) as offers_recognised,
    cast(sum(case when offers.seats is null then 1 else 0 end) as bigint) as offers_without_seats,
    cast(coalesce(sum(offers.seats), 0) as bigint) as seats,
    cast(coalesce(sum(coalesce(offers.seats_left, offers.seats)), 0) as bigint) as seats_left,
    cast(coalesce(sum(offers.hours), 0) as bigint) as hours,
    min(offers.starts_on) as first_starts_on,
    max(offers.starts_on) as last_starts_on
from {{ ref('fct_training_offer') }} as offers
inner join {{ ref('bridge_training_offer_competence') }} as developed
    on offers.offer_id = developed.offer_id
group by
    developed.competence_code,
    offers.region_code,
    offers.territory_id,
    offers.level,
    offers.format,
    offers.language,
    offers.is_labelled_ice
