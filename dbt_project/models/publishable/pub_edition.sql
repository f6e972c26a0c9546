select
    edition,
    year,
    title_fr,
    title_en,
    status,
    is_simulated,
    has_frame,
    population,
    invited,
    respondents
from {{ ref('dim_edition') }}
