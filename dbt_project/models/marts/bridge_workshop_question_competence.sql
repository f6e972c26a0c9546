-- Codes are matched against the reference frame; staging is tested for codes that match none.
select
    questions.stopover_id,
    questions.question_number,
    competences.competence_code
from {{ ref('stg_lake__workshop_questions') }} as questions
inner join {{ ref('competences') }} as competences
    on concat('|', questions.competences, '|') like concat('%|', competences.competence_code, '|%')
