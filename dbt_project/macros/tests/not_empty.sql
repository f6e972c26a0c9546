{#- The table has a row at least; returns its count when it has none. -#}
{% test not_empty(model) %}
select count(*) as rows_found
from {{ model }}
having count(*) = 0
{% endtest %}
