select
    cast(stopover_id as string) as stopover_id,
    cast(question_number as bigint) as question_number,
    cast(theme_code as string) as theme_code,
    cast(question_fr as string) as question_fr,
    cast(asked_by as string) as asked_by,
    cast(competences as string) as competences,
    cast(is_answered as boolean) as is_answered
from {{ read_lake('workshop_questions') }}
