with responses as (
    select
        located.*,
        answers.innovates_product,
        answers.innovates_process,
        answers.innovates_organisation,
        answers.innovates_marketing,
        answers.rd_spend_keur,
        answers.turnover_band,
        answers.exports,
        answers.export_share,
        coalesce(answers.has_words_on_needs, false) as has_words_on_needs
    from {{ ref('int_responses_located') }} as located
    left join {{ ref('int_respondent_answers') }} as answers
        on
            located.edition = answers.edition
            and located.respondent_id = answers.respondent_id
)

select
    edition,
    respondent_id,
    company_key,
    identified_by,
    source,
    language,
    submitted_at,
    is_test,
    is_complete,
    answered_items,
    company_responses,
    retention_rank,
    is_retained,
    is_in_figures,
    frame_status,
    commune_code,
    departement_code,
    region_code,
    territory_id,
    naf_code,
    substr(naf_code, 1, 2) as naf_division,
    sector,
    headcount_band,
    size_class,
    headcount,
    innovates_product,
    innovates_process,
    innovates_organisation,
    innovates_marketing,
    case
        when innovates_product or innovates_process or innovates_organisation or innovates_marketing then true
        when
            not innovates_product
            or not innovates_process
            or not innovates_organisation
            or not innovates_marketing
            then false
    end as is_innovator,
    rd_spend_keur,
    turnover_band,
    exports,
    case when export_share >= 0 and export_share <= 100 then export_share end as export_share,
    has_words_on_needs
from responses
