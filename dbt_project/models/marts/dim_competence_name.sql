select
    competence_code,
    kind,
    language,
    name
from {{ ref('stg_lake__competence_names') }}
