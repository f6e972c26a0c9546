{#- Each combination of the columns, nulls left out, is found in another table among the rows that satisfy to_where;
    returns the combinations that are not. -#}
{% test relationships_where(model, columns, to, where='true', to_where='true') %}
select distinct {% for column in columns %}child.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
from (select * from {{ model }} where {{ where }}) as child
left join (
    select distinct
        {{ columns | join(', ') }},
        true as is_found
    from {{ to }}
    where {{ to_where }}
) as parent
    on {% for column in columns %}{{ 'and ' if not loop.first }}child.{{ column }} = parent.{{ column }} {% endfor %}
where
    parent.is_found is null
    {%- for column in columns %} and child.{{ column }} is not null{% endfor %}
{% endtest %}
