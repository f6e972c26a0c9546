with chosen as (
    -- A ranking has the rank as its item and the competence as its value; the others the other way round.
    select
        edition,
        respondent_id,
        variable,
        case when variable = 'competence_priority' then value_code else item end as competence_code,
        case when variable = 'competence_priority' then item else value_code end as value_code
    from {{ ref('stg_lake__answers') }}
    where
        variable in (
            'competence_importance', 'competence_need', 'hard_to_recruit', 'competence_priority',
            'competence_level_current', 'competence_level_wanted'
        )
        and state = 'answered'
),

pivoted as (
    select
        edition,
        respondent_id,
        competence_code,
        max(case variable when 'competence_importance' then {{ digit('value_code') }} end) as importance,
        max(case when variable = 'competence_need' then value_code end) as ticked,
        max(case when variable = 'hard_to_recruit' then value_code end) as hard_to_recruit,
        min(case variable when 'competence_priority' then {{ digit('value_code') }} end) as priority_rank,
        max(
            case variable when 'competence_level_current' then {{ digit('value_code') }} end
        ) as level_current,
        max(
            case variable when 'competence_level_wanted' then {{ digit('value_code') }} end
        ) as level_wanted
    from chosen
    -- `other` is free text, for the recognition stage; x- is an edition's own item, outside the frame.
    where competence_code <> 'other' and competence_code not like 'x-%'
    group by edition, respondent_id, competence_code
)

select
    edition,
    respondent_id,
    competence_code,
    importance,
    case ticked when 'yes' then true when 'no' then false end as is_ticked,
    case hard_to_recruit when 'yes' then true when 'no' then false end as is_hard_to_recruit,
    priority_rank,
    level_current,
    level_wanted
from pivoted
