select
    competences.competence_code,
    competences.family,
    families.label_fr as family_label_fr,
    families.label_en as family_label_en,
    competences.label_fr,
    competences.label_en,
    competences.definition_fr,
    competences.definition_en
from {{ ref('competences') }} as competences
inner join {{ ref('competence_families') }} as families
    on competences.family = families.family
