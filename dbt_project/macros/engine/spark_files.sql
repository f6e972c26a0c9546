{#- A relation over Parquet files, made known to Spark when the model that reads them is compiled: named in a query, files
    would be listed and looked into for each one that stands on it. Folders within are no partitions, because the edition
    column stands in the file itself too. -#}
{% macro spark_files(relation, path) -%}
    {%- if execute -%}
        {%- do run_query('create schema if not exists ' ~ relation.schema) -%}
        {%- do run_query('drop table if exists ' ~ relation) -%}
        {%- set options = "path '" ~ path | replace('\\', '\\\\') | replace("'", "\\'") ~ "', recursiveFileLookup 'true'" -%}
        {%- do run_query('create table ' ~ relation ~ ' using parquet options (' ~ options ~ ')') -%}
    {%- endif -%}
    {{- return(relation) -}}
{%- endmacro %}
