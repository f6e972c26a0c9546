{#- Grouped by numbers: DuckDB cannot spill all of a hash table of texts. Eleven rows a respondent. -#}
{%- set routes = {'competence_need': 'is_ticked', 'hard_to_recruit': 'is_hard_to_recruit'} -%}
with editions as (
    select
        edition,
        row_number() over (order by edition) as edition_number
    from {{ ref('stg_lake__editions') }}
),

recodes as (
    select
        past_code,
        competence_code,
        dense_rank() over (order by competence_code) as competence_number,
        case comparability when 'broken' then 3 when 'close' then 2 else 1 end as recoding
    from {{ ref('stg_lake__competence_recodes') }}
    where competence_code is not null
),

competences as (
    select distinct
        competence_number,
        competence_code
    from recodes
),

chosen as (
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
        editions.edition_number,
        chosen.respondent_id,
        recodes.competence_number,
        max(
            case chosen.variable when 'competence_importance' then {{ digit('chosen.value_code') }} end
        ) as importance,
        {%- for variable, column in routes.items() %}
        max(
            case
                when chosen.variable = '{{ variable }}' and chosen.value_code = 'yes' then true
                when chosen.variable = '{{ variable }}' and chosen.value_code = 'no' then false
            end
        ) as {{ column }},
        {%- endfor %}
        min(
            case chosen.variable when 'competence_priority' then {{ digit('chosen.value_code') }} end
        ) as priority_rank,
        max(
            case chosen.variable when 'competence_level_current' then {{ digit('chosen.value_code') }} end
        ) as level_current,
        max(
            case chosen.variable when 'competence_level_wanted' then {{ digit('chosen.value_code') }} end
        ) as level_wanted,
        max(recodes.recoding) as recoding
    from chosen
    inner join editions
        on chosen.edition = editions.edition
    -- `other` is free text, for the recognition stage; x- is an edition's own item, outside the frame.
    inner join recodes
        on chosen.past_code = recodes.past_code
    group by editions.edition_number, chosen.respondent_id, recodes.competence_number
)

select
    editions.edition,
    pivoted.respondent_id,
    competences.competence_code,
    pivoted.importance,
    pivoted.is_ticked,
    pivoted.is_hard_to_recruit,
    pivoted.priority_rank,
    pivoted.level_current,
    pivoted.level_wanted,
    case pivoted.recoding when 3 then 'broken' when 2 then 'close' else 'identical' end as recoding
from pivoted
inner join editions
    on pivoted.edition_number = editions.edition_number
inner join competences
    on pivoted.competence_number = competences.competence_number
