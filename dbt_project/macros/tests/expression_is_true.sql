{#- The expression holds on every row, and is never null; returns the rows where it does not. -#}
{% test expression_is_true(model, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
