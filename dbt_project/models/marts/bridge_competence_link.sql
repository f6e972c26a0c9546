-- The frame itself is a scheme too, so that counting in ours, ESCO or ROME is the same query.
select
    competence_code,
    'frame' as scheme,
    'exact' as relation,
    competence_code as concept_code,
    label_fr as concept_label_fr,
    label_en as concept_label_en
from {{ ref('stg_lake__competences') }}
union all
select
    competence_code,
    scheme,
    relation,
    concept_code,
    concept_label_fr,
    concept_label_en
from {{ ref('stg_lake__competence_links') }}
