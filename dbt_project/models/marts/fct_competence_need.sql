with asked as (
    select
        edition,
        -- Editions ask for needs in different words, so a need is never better than close.
        case max(case comparability when 'broken' then 2 else 1 end) when 2 then 'broken' else 'close' end
            as comparability
    from {{ ref('int_comparability') }}
    where variable in ('competence_importance', 'competence_need', 'hard_to_recruit', 'competence_priority')
    group by edition
)

select
    answers.edition,
    answers.respondent_id,
    answers.competence_code,
    case
        when
            answers.importance >= 4
            or answers.is_ticked
            or answers.is_hard_to_recruit
            or answers.priority_rank is not null
            then true
        when answers.importance <= 3 or not answers.is_ticked then false
    end as is_needed,
    answers.importance,
    answers.is_ticked,
    answers.is_hard_to_recruit,
    answers.priority_rank,
    answers.level_current,
    answers.level_wanted,
    nullif(
        concat_ws(
            '|',
            case when answers.importance >= 4 then 'array' end,
            case when answers.is_ticked or answers.is_hard_to_recruit then 'multiple' end,
            case when answers.priority_rank is not null then 'ranking' end
        ),
        ''
    ) as routes,
    answers.recoding,
    case answers.recoding when 'broken' then 'broken' else asked.comparability end as comparability
from {{ ref('int_competence_answers') }} as answers
inner join {{ ref('int_responses_located') }} as responses
    on
        answers.edition = responses.edition
        and answers.respondent_id = responses.respondent_id
left join asked
    on answers.edition = asked.edition
where responses.is_retained
