{#- Every code in a column of codes joined by `|` exists in a reference table; returns the rows where one does not. -#}
{% test codes_known(model, column_name, to, field) %}
select
    rows_checked.*,
    coalesce(matched.codes, 0) as codes_known
from {{ model }} as rows_checked
left join (
    select
        given.{{ column_name }},
        count(distinct reference.{{ field }}) as codes
    from {{ model }} as given
    inner join {{ to }} as reference
        on concat('|', given.{{ column_name }}, '|') like concat('%|', reference.{{ field }}, '|%')
    group by given.{{ column_name }}
) as matched
    on rows_checked.{{ column_name }} = matched.{{ column_name }}
where
    rows_checked.{{ column_name }} <> ''
    and length(rows_checked.{{ column_name }}) - length(replace(rows_checked.{{ column_name }}, '|', '')) + 1
    <> coalesce(matched.codes, 0)
{% endtest %}
