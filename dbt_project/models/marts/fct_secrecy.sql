select
    edition,
    system,
    indicator,
    domain_type,
    domain,
    is_hidden,
    reasons,
    words_fr,
    words_en
from {{ ref('stg_estimates__secrecy') }}
