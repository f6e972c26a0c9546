with chosen as (
    -- A ranking has the rank as its item and the competence as its value; the others the other way round.
    select
        edition,
        respondent_id,
        variable,
        case when variable = 'competence_priority' then value_code else item end as past_code,
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
    -- Two past codes that became one competence count once: the most that is said of either.
    select
        chosen.edition,
        chosen.respondent_id,
        recodes.competence_code,
        max(
            case chosen.variable when 'competence_importance' then {{ digit('chosen.value_code') }} end
        ) as importance,
        max(case when chosen.variable = 'competence_need' then chosen.value_code end) as ticked,
        max(case when chosen.variable = 'hard_to_recruit' then chosen.value_code end) as hard_to_recruit,
        min(
            case chosen.variable when 'competence_priority' then {{ digit('chosen.value_code') }} end
        ) as priority_rank,
        max(
            case chosen.variable when 'competence_level_current' then {{ digit('chosen.value_code') }} end
        ) as level_current,
        max(
            case chosen.variable when 'competence_level_wanted' then {{ digit('chosen.value_code') }} end
        ) as level_wanted,
        max(case recodes.comparability when 'broken' then 3 when 'close' then 2 else 1 end) as recoding
    from chosen
    -- `other` is free text, for the recognition stage; x- is an edition's own item, outside the frame.
    inner join {{ ref('stg_lake__competence_recodes') }} as recodes
        on chosen.past_code = recodes.past_code
    where recodes.competence_code is not null
    group by chosen.edition, chosen.respondent_id, recodes.competence_code
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
    level_wanted,
    case recoding when 3 then 'broken' when 2 then 'close' else 'identical' end as recoding
from pivoted
