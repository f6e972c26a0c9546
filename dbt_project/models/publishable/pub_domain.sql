select
    domain_type,
    domain,
    label_fr,
    label_en,
    position
from {{ ref('dim_domain') }}
