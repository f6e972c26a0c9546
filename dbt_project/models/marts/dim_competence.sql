select
    competences.competence_code,
    competences.family,
    families.label_fr as family_label_fr,
    families.label_en as family_label_en,
    competences.label_fr,
    competences.label_en,
    competences.definition_fr,
    competences.definition_en,
    competences.valid_from,
    competences.valid_to,
    competences.valid_to is null as is_in_use,
    competences.frame_version
from {{ ref('stg_lake__competences') }} as competences
inner join {{ ref('stg_lake__competence_families') }} as families
    on competences.family = families.family
