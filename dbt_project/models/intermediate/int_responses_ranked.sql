with candidates as (
    select
        responses.edition,
        responses.respondent_id,
        responses.company_key,
        responses.is_complete,
        responses.is_test,
        responses.submitted_at,
        coalesce(answers.answered_items, 0) as answered_items,
        -- A response without company key is a company of its own.
        coalesce(
            responses.company_key, concat('respondent ', cast(responses.respondent_id as string))
        ) as company
    from {{ ref('stg_lake__respondents') }} as responses
    left join {{ ref('int_respondent_answers') }} as answers
        on
            responses.edition = answers.edition
            and responses.respondent_id = answers.respondent_id
)

select
    edition,
    respondent_id,
    answered_items,
    case
        when not is_test then count(*) over (partition by edition, company, is_test)
    end as company_responses,
    case
        when not is_test
            then cast(row_number() over (
                partition by edition, company, is_test
                order by
                    is_complete desc,
                    answered_items desc,
                    submitted_at desc nulls last,
                    respondent_id asc
            ) as bigint)
    end as retention_rank
from candidates
