{#- The columns identify a row and are never null, but for those in `nullable` (nulls count as equal); returns each
    broken key with its number of rows. -#}
{% test primary_key(model, columns, nullable=[], where='true') %}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
where {{ where }}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in columns if column not in nullable %} or {{ column }} is null{% endfor %}
{% endtest %}
