select
    offer_id,
    competence_code,
    origin
from {{ ref('bridge_training_offer_competence') }}
