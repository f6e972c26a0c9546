select
    edition,
    position,
    question,
    heading,
    variable,
    item,
    kind,
    answers,
    comparability,
    label_fr,
    label_en
from {{ ref('dim_question') }}
