select
    scheme,
    cast(count(distinct concept_code) as bigint) as concepts,
    cast(count(distinct competence_code) as bigint) as competences,
    cast(count(distinct case when relation = 'exact' then competence_code end) as bigint)
        as competences_exact,
    cast(count(distinct case when relation = 'close' then competence_code end) as bigint)
        as competences_close,
    cast(count(distinct case when relation = 'broader' then competence_code end) as bigint)
        as competences_broader
from {{ ref('bridge_competence_link') }}
group by scheme
