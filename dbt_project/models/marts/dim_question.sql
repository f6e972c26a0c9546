select
    edition,
    position,
    question,
    heading,
    variable,
    nullif(item, '') as item,
    kind,
    nullif(answers, '') as answers,
    comparability,
    label_fr,
    label_en
from {{ ref('stg_lake__variables') }}
