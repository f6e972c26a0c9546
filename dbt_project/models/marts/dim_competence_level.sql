select
    competence_code,
    level,
    label_fr,
    label_en,
    descriptor_fr,
    descriptor_en
from {{ ref('stg_lake__competence_levels') }}
