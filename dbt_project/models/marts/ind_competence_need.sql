{%- set asked_needs = [
    'competence_importance', 'competence_need', 'hard_to_recruit', 'competence_priority'
] -%}
{%- set variables = {
    'need_share': asked_needs,
    'hard_to_recruit_share': ['hard_to_recruit'],
    'family_need_share': asked_needs
} -%}
{%- set shares = {'need_share': 'is_needed', 'hard_to_recruit_share': 'is_hard_to_recruit'} -%}
with answers as (
    select
        needs.edition,
        needs.respondent_id,
        competences.family,
        needs.competence_code,
        responses.variance_stratum,
        responses.region_code,
        responses.size_class,
        responses.territory_id,
        responses.weight,
        needs.is_needed,
        needs.is_hard_to_recruit
    from {{ ref('fct_competence_need') }} as needs
    inner join {{ ref('fct_response') }} as responses
        on
            needs.edition = responses.edition
            and needs.respondent_id = responses.respondent_id
    inner join {{ ref('dim_competence') }} as competences
        on needs.competence_code = competences.competence_code
    where responses.is_in_figures
),

families as (
    select
        edition,
        respondent_id,
        family,
        variance_stratum,
        region_code,
        size_class,
        territory_id,
        weight,
        max(case when is_needed then 1 when not is_needed then 0 end) = 1 as is_needed
    from answers
    group by edition, respondent_id, family, variance_stratum, region_code, size_class, territory_id, weight
),

counted as (
    {%- for indicator, column in shares.items() %}
    select
        edition,
        '{{ indicator }}' as indicator,
        family,
        competence_code,
        variance_stratum,
        region_code,
        size_class,
        territory_id,
        weight,
        {{ counts(column ~ ' is not null', column) | indent(8) }}
    from answers
    group by edition, family, competence_code, variance_stratum, region_code, size_class, territory_id, weight
    union all
    {%- endfor %}
    select
        edition,
        'family_need_share' as indicator,
        family,
        cast(null as string) as competence_code,
        variance_stratum,
        region_code,
        size_class,
        territory_id,
        weight,
        {{ counts('is_needed is not null', 'is_needed') | indent(8) }}
    from families
    group by edition, family, variance_stratum, region_code, size_class, territory_id, weight
),

sums as (
    select
        edition,
        indicator,
        family,
        competence_code,
        variance_stratum,
        region_code,
        size_class,
        territory_id,
        {{ sufficient_statistics() | indent(8) }}
    from counted
),

strata as (
    {{ stratum_respondents() | indent(4) }}
),

editions as (
    -- Editions ask for needs in different words, so a need is never better than close (2).
    {{ indicator_comparability(variables, {'need_share': 2, 'family_need_share': 2}) | indent(4) }}
),

figures as (
    {{ estimates('sums', 'strata', 'editions', ['family', 'competence_code']) | indent(4) }}
)

select
    edition,
    indicator,
    family,
    competence_code,
    domain_type,
    domain,
    n,
    n_yes,
    weighted_n,
    value,
    se,
    ci_low,
    ci_high,
    cv,
    flag,
    reason,
    comparability
from figures
