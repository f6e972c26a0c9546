-- The needs, grouped; each group with its first respondent.
select
    edition,
    competence_code,
    is_needed,
    importance,
    is_ticked,
    is_hard_to_recruit,
    priority_rank is not null as is_priority,
    level_current,
    level_wanted,
    comparability,
    count(*) as rows,
    min(respondent_id) as first_respondent_id,
    -- What makes a need, by the rule of fct_competence_need.
    not coalesce(importance >= 4 or is_ticked or is_hard_to_recruit or priority_rank is not null, false)
        or coalesce(is_needed, false) as said_needs_are_needs,
    coalesce(importance >= 4 or is_ticked or is_hard_to_recruit, false) or priority_rank is not null
        or not coalesce(is_needed, false) as needs_were_said
from candidate.fct_competence_need
group by all
