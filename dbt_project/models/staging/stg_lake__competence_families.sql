select
    cast(family as string) as family,
    cast(position as bigint) as position,
    cast(label_fr as string) as label_fr,
    cast(label_en as string) as label_en
from {{ read_lake('competence_families') }}
