{#- The sum of a column by key equals a column of another table, to a relative 1e-9; keys absent here are left out;
    returns the keys where it differs. -#}
{% test sum_equals(model, column_name, by, to, field) %}
select
    summed.{{ by }},
    summed.total as total_here,
    expected.{{ field }} as total_there
from (
    select
        {{ by }},
        sum({{ column_name }}) as total
    from {{ model }}
    where {{ column_name }} is not null
    group by {{ by }}
) as summed
inner join {{ to }} as expected
    on summed.{{ by }} = expected.{{ by }}
where
    expected.{{ field }} is not null
    and not abs(summed.total - expected.{{ field }}) <= 1e-9 * expected.{{ field }}
{% endtest %}
