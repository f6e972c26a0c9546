-- Only one response of a company is retained in an edition, so a retained respondent is a company.
with answered as (
    select
        edition,
        respondent_id,
        competence_code,
        case when importance >= 4 then 'array' end as by_array,
        case when is_ticked or is_hard_to_recruit then 'multiple' end as by_multiple,
        case when priority_rank is not null then 'ranking' end as by_ranking
    from {{ ref('fct_competence_need') }}
    where is_needed
),

mentioned as (
    select
        edition,
        respondent_id,
        competence_code,
        max(case route when 'other' then 'other' end) as by_other,
        max(case route when 'free_text' then 'free_text' end) as by_free_text
    from {{ ref('fct_competence_mention') }}
    group by edition, respondent_id, competence_code
),

once as (
    select
        coalesce(answered.edition, mentioned.edition) as edition,
        coalesce(answered.respondent_id, mentioned.respondent_id) as respondent_id,
        coalesce(answered.competence_code, mentioned.competence_code) as competence_code,
        answered.edition is not null as is_in_estimates,
        concat_ws(
            '|',
            answered.by_array, answered.by_multiple, answered.by_ranking,
            mentioned.by_other, mentioned.by_free_text
        ) as routes
    from answered
    full outer join mentioned
        on
            answered.edition = mentioned.edition
            and answered.respondent_id = mentioned.respondent_id
            and answered.competence_code = mentioned.competence_code
)

select
    once.edition,
    once.respondent_id,
    responses.company_key,
    once.competence_code,
    once.routes,
    once.is_in_estimates,
    responses.is_in_figures,
    responses.region_code,
    responses.territory_id,
    responses.size_class,
    responses.sector
from once
inner join {{ ref('int_responses_located') }} as responses
    on
        once.edition = responses.edition
        and once.respondent_id = responses.respondent_id
