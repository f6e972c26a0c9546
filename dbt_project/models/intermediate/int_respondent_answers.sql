{#- Two scans of the long table: one counts over four narrow columns, one reads a few variables only. -#}
{%- set innovations = ['product', 'process', 'organisation', 'marketing'] -%}
with counted as (
    select
        edition,
        respondent_id,
        sum(case when state = 'answered' then 1 else 0 end) as answered_items,
        max(case when variable = 'missing_skills' and state in ('answered', 'refused') then 1 else 0 end)
            as words_on_needs
    from {{ ref('stg_lake__answers') }}
    group by edition, respondent_id
),

chosen as (
    select
        edition,
        respondent_id,
        variable,
        item,
        value_number,
        coalesce(value_code, value_text) as value_code
    from {{ ref('stg_lake__answers') }}
    where
        variable in (
            'commune_code', 'naf_code', 'headcount_band', 'turnover_band', 'innovation', 'rd_spend_keur',
            'exports', 'export_share'
        )
        and state = 'answered'
),

pivoted as (
    select
        edition,
        respondent_id,
        max(case when variable = 'commune_code' then value_code end) as commune_code,
        max(case when variable = 'naf_code' then value_code end) as naf_code,
        max(case when variable = 'headcount_band' then value_code end) as headcount_band,
        max(case when variable = 'turnover_band' and item = '' then value_code end) as turnover_band,
        {%- for kind in innovations %}
        max(
            case when variable = 'innovation' and item = '{{ kind }}' then value_code end
        ) as innovates_{{ kind }},
        {%- endfor %}
        max(case when variable = 'rd_spend_keur' then value_number end) as rd_spend_keur,
        max(case when variable = 'exports' then value_code end) as exports,
        max(case when variable = 'export_share' then value_number end) as export_share
    from chosen
    group by edition, respondent_id
)

select
    counted.edition,
    counted.respondent_id,
    cast(counted.answered_items as bigint) as answered_items,
    counted.words_on_needs = 1 as has_words_on_needs,
    pivoted.commune_code,
    pivoted.naf_code,
    pivoted.headcount_band,
    pivoted.turnover_band,
    {%- for kind in innovations %}
    case pivoted.innovates_{{ kind }} when 'yes' then true when 'no' then false end as innovates_{{ kind }},
    {%- endfor %}
    pivoted.rd_spend_keur,
    case pivoted.exports when 'yes' then true when 'no' then false end as exports,
    pivoted.export_share
from counted
left join pivoted
    on
        counted.edition = pivoted.edition
        and counted.respondent_id = pivoted.respondent_id
