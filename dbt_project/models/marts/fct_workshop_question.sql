with about as (
    select
        stopover_id,
        question_number,
        count(*) as competences
    from {{ ref('bridge_workshop_question_competence') }}
    group by stopover_id, question_number
)

select
    questions.stopover_id,
    questions.question_number,
    stopovers.edition,
    stopovers.held_on,
    stopovers.region_code,
    stopovers.territory_id,
    questions.theme_code,
    questions.question_fr,
    questions.asked_by,
    coalesce(about.competences, 0) as competences,
    questions.is_answered
from {{ ref('stg_lake__workshop_questions') }} as questions
left join about
    on
        questions.stopover_id = about.stopover_id
        and questions.question_number = about.question_number
left join {{ ref('dim_stopover') }} as stopovers
    on questions.stopover_id = stopovers.stopover_id
