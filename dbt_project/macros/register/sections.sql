{#- The NAF rev. 2 sections that make up industry, with their first and last division (INSEE). -#}
{% macro industrial_sections() -%}
    {{ return({'B': ('05', '09'), 'C': ('10', '33'), 'D': ('35', '35'), 'E': ('36', '39')}) }}
{%- endmacro %}

{#- The industrial section of a NAF rev. 2 code; null outside industry. -#}
{% macro industrial_section(naf_code) -%}
    case
        {%- for section, (first, last) in industrial_sections().items() %}
        when substr({{ naf_code }}, 1, 2) between '{{ first }}' and '{{ last }}' then '{{ section }}'
        {%- endfor %}
    end
{%- endmacro %}
