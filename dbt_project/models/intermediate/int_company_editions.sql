-- What each edition knows of a company that was invited or answered.
with answered as (
    select
        responses.edition,
        responses.company_key,
        declared.commune_code,
        declared.naf_code,
        declared.headcount_band
    from {{ ref('int_responses_located') }} as responses
    left join {{ ref('int_respondent_answers') }} as declared
        on
            responses.edition = declared.edition
            and responses.respondent_id = declared.respondent_id
    where responses.is_retained and responses.company_key is not null
)

select
    coalesce(frame.edition, answered.edition) as edition,
    coalesce(frame.company_key, answered.company_key) as company_key,
    coalesce(frame.is_invited, false) as is_invited,
    answered.company_key is not null as is_answered,
    frame.commune_code as frame_commune_code,
    frame.naf_code as frame_naf_code,
    frame.headcount_band as frame_headcount_band,
    answered.commune_code as declared_commune_code,
    answered.naf_code as declared_naf_code,
    answered.headcount_band as declared_headcount_band
from {{ ref('int_frame_located') }} as frame
full outer join answered
    on
        frame.edition = answered.edition
        and frame.company_key = answered.company_key
where frame.is_invited or answered.company_key is not null
