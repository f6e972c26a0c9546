{#- The headcount that stands for a band of the register (INSEE's trancheEffectifs): the geometric mean of its bounds, since
    small companies are the more numerous within a band too; the lower bound of the open band 53; 0 for NN and null, where
    INSEE presumes that there is no employee. -#}
{% macro band_headcount(band) -%}
{%- set bounds = {
    '01': (1, 2), '02': (3, 5), '03': (6, 9), '11': (10, 19), '12': (20, 49), '21': (50, 99), '22': (100, 199),
    '31': (200, 249), '32': (250, 499), '41': (500, 999), '42': (1000, 1999), '51': (2000, 4999),
    '52': (5000, 9999), '53': (10000, 10000),
} -%}
    case {{ band }}
        {%- for code, (low, high) in bounds.items() %}
        when '{{ code }}' then {{ ((low * high) ** 0.5) | round(2) }}
        {%- endfor %}
        else 0.0
    end
{%- endmacro %}
