{#- Nothing is lost or doubled on the way from another table; returns both counts when they differ. -#}
{% test same_row_count(model, to) %}
select
    counted.rows_here,
    counted.rows_there
from (
    select
        (select count(*) from {{ model }}) as rows_here,
        (select count(*) from {{ to }}) as rows_there
) as counted
where counted.rows_here <> counted.rows_there
{% endtest %}
