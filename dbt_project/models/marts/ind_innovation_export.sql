{%- set indicators = {
    'innovation_rate': ('is_innovator is not null', 'is_innovator'),
    'export_rate': ('exports is not null', 'exports'),
    'export_rate_among_innovators': ('is_innovator and exports is not null', 'exports'),
    'export_rate_among_non_innovators': ('not is_innovator and exports is not null', 'exports')
} -%}
{%- set variables = {
    'innovation_rate': ['innovation'],
    'export_rate': ['exports'],
    'export_rate_among_innovators': ['innovation', 'exports'],
    'export_rate_among_non_innovators': ['innovation', 'exports']
} -%}
with counted as (
    {%- for indicator, (base, yes) in indicators.items() %}
    {{ 'union all' if not loop.first }}
    select
        edition,
        '{{ indicator }}' as indicator,
        variance_stratum,
        region_code,
        size_class,
        territory_id,
        weight,
        {{ counts(base, yes) | indent(8) }}
    from {{ ref('fct_response') }}
    where is_in_figures
    group by edition, variance_stratum, region_code, size_class, territory_id, weight
    {%- endfor %}
),

sums as (
    select
        edition,
        indicator,
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
    {{ indicator_comparability(variables) | indent(4) }}
),

figures as (
    {{ estimates('sums', 'strata', 'editions') | indent(4) }}
)

select
    edition,
    indicator,
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
