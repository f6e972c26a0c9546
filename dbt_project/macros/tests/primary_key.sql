{#- The columns identify a row and are never null, but for those in `nullable` (nulls count as equal); returns each
    broken key with its number of rows. -#}
{% test primary_key(model, columns, nullable=[], where='true') %}
{%- set never_null = columns | reject('in', nullable) | list %}
{{ repeated_keys(model, columns, where, never_null) }}
{% endtest %}
