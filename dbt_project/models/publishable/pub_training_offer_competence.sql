select
    offer_id,
    competence_code
from {{ ref('bridge_training_offer_competence') }}
