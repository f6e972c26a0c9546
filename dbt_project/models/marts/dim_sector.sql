select
    sectors.nomenclature,
    sectors.activity_code as sector_code,
    sectors.level,
    sectors.label_fr,
    sectors.label_en,
    sections.activity_code as section_code,
    sections.label_fr as section_label_fr,
    sections.label_en as section_label_en
from {{ ref('stg_lake__activities') }} as sectors
inner join {{ ref('stg_lake__activities') }} as sections
    on
        sectors.nomenclature = sections.nomenclature
        and sectors.section_code = sections.activity_code
where sectors.level in ('section', 'division')
