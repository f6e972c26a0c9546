{#- The rows of a lake table: the one place where a model meets files, hence one implementation an engine.
    Calling source() keeps the lineage; the lake's folder is read when a model is compiled, not when it is parsed. -#}
{% macro read_lake(table) -%}
    {%- set relation = source('lake', table) -%}
    {{- return(adapter.dispatch('read_lake')(table, relation)) -}}
{%- endmacro %}

{% macro default__read_lake(table, relation) -%}
    {{- return(relation) -}}
{%- endmacro %}

{#- hive_partitioning is off because the edition column stands in the file itself too. -#}
{% macro duckdb__read_lake(table, relation) -%}
    {%- set folder = env_var('SKILLSBANK_LAKE') | replace("'", "''") -%}
    {{- return("read_parquet('" ~ folder ~ "/" ~ table ~ "/**/*.parquet', hive_partitioning = false)") -}}
{%- endmacro %}

{% macro spark__read_lake(table, relation) -%}
    {{- return(spark_files(relation, env_var('SKILLSBANK_LAKE') ~ '/' ~ table)) -}}
{%- endmacro %}
