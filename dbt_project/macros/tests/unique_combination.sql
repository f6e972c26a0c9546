{#- No two rows share the columns (nulls count as equal); returns each repeated combination with its number of rows. -#}
{% test unique_combination(model, columns, where='true') %}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
where {{ where }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
