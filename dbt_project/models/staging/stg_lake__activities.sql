select
    cast(nomenclature as string) as nomenclature,
    cast(activity_code as string) as activity_code,
    cast(level as string) as level,
    cast(parent_code as string) as parent_code,
    cast(section_code as string) as section_code,
    cast(label_fr as string) as label_fr,
    cast(label_en as string) as label_en
from {{ read_lake('activities') }}
