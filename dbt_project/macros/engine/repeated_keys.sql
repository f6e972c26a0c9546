{#- The keys that more than one row has (nulls count as equal), and those with a null in one of the columns `never_null`,
    each with its number of rows. -#}
{% macro repeated_keys(model, columns, where, never_null=[]) -%}
    {{- return(adapter.dispatch('repeated_keys')(model, columns, where, never_null)) -}}
{%- endmacro %}

{% macro default__repeated_keys(model, columns, where, never_null) -%}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
where {{ where }}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in never_null %} or {{ column }} is null{% endfor %}
{%- endmacro %}

{#- DuckDB spills numbers but not all of a hash table of texts, so keys are counted by their hash first. -#}
{% macro duckdb__repeated_keys(model, columns, where, never_null) -%}
with hashed as (
    select
        {{ columns | join(', ') }},
        hash({{ columns | join(', ') }}) as key_hash
    from {{ model }}
    where {{ where }}
)

select
    {{ columns | join(', ') }},
    count(*) as rows_found
from hashed
where
    key_hash in (select key_hash from hashed group by key_hash having count(*) > 1)
    {%- for column in never_null %}
    or {{ column }} is null
    {%- endfor %}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in never_null %} or {{ column }} is null{% endfor %}
{%- endmacro %}
