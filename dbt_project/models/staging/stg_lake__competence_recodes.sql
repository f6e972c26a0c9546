select
    cast(past_code as string) as past_code,
    cast(competence_code as string) as competence_code,
    cast(comparability as string) as comparability
from {{ read_lake('competence_recodes') }}
