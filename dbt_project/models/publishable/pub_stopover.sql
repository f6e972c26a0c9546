select
    stopover_id,
    edition,
    city,
    commune_code,
    region_code,
    territory_id,
    held_on,
    theme_fr,
    theme_en,
    host,
    attendance,
    questions_raised
from {{ ref('dim_stopover') }}
