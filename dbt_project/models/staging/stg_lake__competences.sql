select
    cast(competence_code as string) as competence_code,
    cast(position as bigint) as position,
    cast(family as string) as family,
    cast(label_fr as string) as label_fr,
    cast(label_en as string) as label_en,
    cast(definition_fr as string) as definition_fr,
    cast(definition_en as string) as definition_en,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(replaces as string) as replaces,
    cast(frame_version as string) as frame_version
from {{ read_lake('competences') }}
