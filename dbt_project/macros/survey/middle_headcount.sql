{#- The employees that stand for a band of the seed headcount_bands, in either coding: the geometric mean of its bounds,
    since small companies are the more numerous within it too; the lower bound of an open one; null without bounds. -#}
{% macro middle_headcount(bands) -%}
    sqrt(
        cast({{ bands }}.min_headcount as double) * coalesce({{ bands }}.max_headcount, {{ bands }}.min_headcount)
    )
{%- endmacro %}
