{#- A digit as a number; anything else is none. -#}
{% macro digit(column) -%}
    case when {{ column }} in ('1', '2', '3', '4', '5', '6', '7', '8', '9') then cast({{ column }} as bigint) end
{%- endmacro %}
