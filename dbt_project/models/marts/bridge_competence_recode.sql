select
    past_code,
    competence_code,
    comparability
from {{ ref('stg_lake__competence_recodes') }}
