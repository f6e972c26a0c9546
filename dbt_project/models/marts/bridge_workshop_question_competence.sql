select
    questions.stopover_id,
    questions.question_number,
    about.competence_code,
    about.origin
from {{ ref('stg_lake__workshop_questions') }} as questions
inner join {{ ref('int_text_competences') }} as about
    on
        about.source = 'workshop_questions'
        and about.record_id = concat(questions.stopover_id, '/', cast(questions.question_number as string))
