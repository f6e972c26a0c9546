select
    cast(competence_code as string) as competence_code,
    cast(scheme as string) as scheme,
    cast(relation as string) as relation,
    cast(concept_code as string) as concept_code,
    cast(concept_label_fr as string) as concept_label_fr,
    cast(concept_label_en as string) as concept_label_en
from {{ read_lake('competence_links') }}
