{#- The value of the latest edition that knows one, as an aggregate: the year, counted backwards, goes before the value
    so that the smallest string is the latest (a window over every company-edition costs ten times more). -#}
{% macro latest(value, year) -%}
    substr(min(case when {{ value }} is not null then concat(9999 - {{ year }}, {{ value }}) end), 5)
{%- endmacro %}
