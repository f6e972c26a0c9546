select
    record_id as offer_id,
    competence_code,
    origin
from {{ ref('int_text_competences') }}
where source = 'training_offers'
