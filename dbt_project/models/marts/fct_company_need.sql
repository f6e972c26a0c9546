-- Only one response of a company is retained in an edition, so a retained respondent is a company.
with said as (
    select
        edition,
        respondent_id,
        competence_code,
        importance >= 4 as by_array,
        coalesce(is_ticked, false) or coalesce(is_hard_to_recruit, false) as by_multiple,
        priority_rank is not null as by_ranking,
        false as by_other,
        false as by_free_text
    from {{ ref('fct_competence_need') }}
    where is_needed
    union all
    select
        edition,
        respondent_id,
        competence_code,
        false as by_array,
        false as by_multiple,
        false as by_ranking,
        route = 'other' as by_other,
        route = 'free_text' as by_free_text
    from {{ ref('fct_competence_mention') }}
),

once as (
    select
        edition,
        respondent_id,
        competence_code,
        max(case when by_array then 'array' end) as by_array,
        max(case when by_multiple then 'multiple' end) as by_multiple,
        max(case when by_ranking then 'ranking' end) as by_ranking,
        max(case when by_other then 'other' end) as by_other,
        max(case when by_free_text then 'free_text' end) as by_free_text
    from said
    group by edition, respondent_id, competence_code
)

select
    once.edition,
    once.respondent_id,
    responses.company_key,
    once.competence_code,
    concat_ws('|', once.by_array, once.by_multiple, once.by_ranking, once.by_other, once.by_free_text)
        as routes,
    coalesce(once.by_array, once.by_multiple, once.by_ranking) is not null as is_in_estimates,
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
