-- Without the texts: what respondents wrote stays in the lake.
select
    source,
    edition,
    respondent_id,
    record_id,
    company_key,
    field,
    item,
    span,
    number,
    competence_code,
    outcome,
    method,
    score,
    frame_version,
    decided_by,
    decided_at
from {{ ref('stg_lake__competence_mappings') }}
