select
    indicator,
    label_fr,
    label_en,
    definition_fr,
    definition_en,
    unit_fr,
    unit_en,
    universe_fr,
    universe_en
from {{ ref('indicators') }}
