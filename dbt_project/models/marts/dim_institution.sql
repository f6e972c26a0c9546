with offers as (
    select
        institution_id,
        count(*) as offers,
        sum(case when is_labelled_ice then 1 else 0 end) as labelled_offers
    from {{ ref('stg_lake__training_offers') }}
    group by institution_id
)

select
    institutions.institution_id,
    institutions.name,
    institutions.kind,
    institutions.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    coalesce(offers.offers, 0) as offers,
    cast(coalesce(offers.labelled_offers, 0) as bigint) as labelled_offers
from {{ ref('stg_lake__institutions') }} as institutions
left join offers
    on institutions.institution_id = offers.institution_id
left join {{ ref('int_communes') }} as communes
    on institutions.commune_code = communes.commune_code
