select
    source,
    description,
    licence,
    attribution
from {{ ref('sources') }}
