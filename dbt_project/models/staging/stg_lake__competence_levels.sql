select
    cast(competence_code as string) as competence_code,
    cast(level as bigint) as level,
    cast(label_fr as string) as label_fr,
    cast(label_en as string) as label_en,
    cast(descriptor_fr as string) as descriptor_fr,
    cast(descriptor_en as string) as descriptor_en
from {{ read_lake('competence_levels') }}
