-- Codes are matched against the reference frame; fct_training_offer is tested for codes that match none.
select
    offers.offer_id,
    competences.competence_code
from {{ ref('stg_lake__training_offers') }} as offers
inner join {{ ref('competences') }} as competences
    on concat('|', offers.competences, '|') like concat('%|', competences.competence_code, '|%')
