{#- Respondents in the base of a share and in its numerator; `base` and `yes` are conditions on a row, a null keeps it out.
    Rows are counted by weight first, and sums made of the counts: millions of rows become thousands. -#}
{% macro counts(base, yes) -%}
    sum(case when {{ base }} then 1 else 0 end) as n,
    sum(case when {{ base }} and {{ yes }} then 1 else 0 end) as n_yes
{%- endmacro %}

{#- The sufficient statistics of estimates(), from counts by weight. -#}
{% macro sufficient_statistics() -%}
    n,
    n_yes,
    n * weight as w,
    n * weight * weight as w2,
    n_yes * weight as wy,
    n_yes * weight * weight as w2y
{%- endmacro %}

{#- Respondents in the figures by variance stratum, for estimates(). -#}
{% macro stratum_respondents() -%}
select
    edition,
    variance_stratum,
    count(*) as respondents
from {{ ref('fct_response') }}
where is_in_figures and variance_stratum is not null
group by edition, variance_stratum
{%- endmacro %}

{#- Whether an edition has a frame, and how far each indicator compares: the worst of the variables it rests on.
    `indicators` gives the variables of each indicator; `at_best` the best that any of them can be. -#}
{% macro indicator_comparability(indicators, at_best={}) -%}
{%- for indicator, variables in indicators.items() %}
{{ 'union all' if not loop.first }}
select
    editions.edition,
    '{{ indicator }}' as indicator,
    editions.has_frame,
    case max(
        case asked.comparability when 'broken' then 3 when 'close' then 2 else {{ at_best.get(indicator, 1) }} end
    )
        when 3 then 'broken' when 2 then 'close' else 'identical'
    end as comparability
from {{ ref('stg_lake__editions') }} as editions
left join {{ ref('int_comparability') }} as asked
    on
        editions.edition = asked.edition
        and asked.variable in ('{{ variables | join("', '") }}')
group by editions.edition, editions.has_frame
{%- endfor %}
{%- endmacro %}
