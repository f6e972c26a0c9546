{#- The rows of a table of estimates, which lie beside the warehouse file for as long as its run lasts; see read_lake. -#}
{% macro read_estimates(table) -%}
    {%- set relation = source('estimates', table) -%}
    {{- return(adapter.dispatch('read_estimates')(table, relation)) -}}
{%- endmacro %}

{% macro default__read_estimates(table, relation) -%}
    {{- return(relation) -}}
{%- endmacro %}

{% macro duckdb__read_estimates(table, relation) -%}
    {%- set folder = env_var('SKILLSBANK_ESTIMATES') | replace("'", "''") -%}
    {{- return("read_parquet('" ~ folder ~ "/" ~ table ~ ".parquet')") -}}
{%- endmacro %}

{% macro spark__read_estimates(table, relation) -%}
    {{- return(spark_files(relation, env_var('SKILLSBANK_ESTIMATES') ~ '/' ~ table ~ '.parquet')) -}}
{%- endmacro %}
