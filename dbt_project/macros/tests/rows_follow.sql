{#- Every row follows every rule: `rules` maps a name to a condition that must be true (null is not). One test for all rules
    of a table; returns the rows that break one, with its name in front. -#}
{% test rows_follow(model, rules) %}
{%- for name, rule in rules.items() %}
{{ 'union all' if not loop.first }}
select
    '{{ name }}' as broken_rule,
    found.*
from {{ model }} as found
where not coalesce({{ rule }}, false)
{%- endfor %}
{% endtest %}
