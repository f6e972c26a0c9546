select
    cast(competence_code as string) as competence_code,
    cast(kind as string) as kind,
    cast(language as string) as language,
    cast(name as string) as name
from {{ read_lake('competence_names') }}
