select
    competence_code,
    family,
    family_label_fr,
    family_label_en,
    label_fr,
    label_en,
    definition_fr,
    definition_en
from {{ ref('dim_competence') }}
