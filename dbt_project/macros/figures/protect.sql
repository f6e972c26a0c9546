{#- What may leave of a table of figures. `base` counts the companies behind a row, `yes` those of its numerator.
    A row is blanked when fewer than 10 companies answered, when fewer than 3 stand on one side, when all or none stand
    on one; and when just one row of a breakdown is blank, the next smallest is blanked too, so that it does not follow
    from the total. `keys` are the columns of the subject beyond edition and indicator, `blanked` the numbers to blank. -#}
{% macro protect(figures, keys, blanked, base='n', yes='n_yes') -%}
{%- set breakdown = (['edition', 'indicator'] + keys + ['domain_type']) | join(', ') -%}
{%- set columns = ['edition', 'indicator'] + keys + ['domain_type', 'domain'] -%}
with judged as (
    select
        figures.*,
        case
            when n < 10 then 'low_n'
            when {{ yes }} = 0 or {{ yes }} = {{ base }} then 'all_or_none'
            when {{ yes }} < 3 or {{ base }} - {{ yes }} < 3 then 'few_contributors'
        end as primary_reason
    from {{ figures }} as figures
),

counted as (
    select
        judged.*,
        sum(case when primary_reason is not null then 1 else 0 end) over (partition by {{ breakdown }}) as hidden,
        row_number() over (
            partition by {{ breakdown }}, case when primary_reason is null then 1 else 0 end
            order by n asc, domain asc
        ) as place
    from judged
),

decided as (
    select
        counted.*,
        coalesce(primary_reason, case when hidden = 1 and place = 1 then 'secondary' end) as secret
    from counted
)

select
    {{ columns | join(',\n    ') }},
    {%- for column in blanked %}
    case when secret is null then {{ column }} end as {{ column }},
    {%- endfor %}
    case secret when 'low_n' then 'unpublished' else case when secret is null then flag else 'suppressed' end end
        as flag,
    -- Which rule hides a row would tell its value (`all_or_none`) or its numerator: readers see one word for all.
    case when secret is null or secret = 'low_n' then coalesce(secret, reason) else 'secrecy' end as reason,
    comparability
from decided
{%- endmacro %}
