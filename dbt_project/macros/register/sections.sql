{#- The industrial section (B to E) of a NAF rev. 2 code, by its division; null outside industry. -#}
{% macro industrial_section(naf_code) -%}
    case
        {%- for section, first, last in [('B', '05', '09'), ('C', '10', '33'), ('D', '35', '35'), ('E', '36', '39')] %}
        when substr({{ naf_code }}, 1, 2) between '{{ first }}' and '{{ last }}' then '{{ section }}'
        {%- endfor %}
    end
{%- endmacro %}
