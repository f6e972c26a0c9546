{#- From public tables alone, by the formula of ind_competence_gap: who reads them can compute it. -#}
{%- set offers -%}
    select
        developed.competence_code,
        offers.region_code,
        offers.territory_id,
        coalesce(offers.format = 'online', false) as is_distance,
        cast(1 as bigint) as offers,
        case when offers.is_labelled_ice then 1 else 0 end as offers_labelled,
        case when offers.seats is null then 1 else 0 end as offers_without_seats,
        coalesce(offers.seats, 0) as seats
    from {{ ref('pub_training_offer') }} as offers
    inner join {{ ref('pub_training_offer_competence') }} as developed
        on offers.offer_id = developed.offer_id
{%- endset -%}
{{ competence_gap(ref('pub_competence_need'), offers) }}
