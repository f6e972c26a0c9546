{#- No two rows share the columns (nulls count as equal); returns each repeated combination with its number of rows. -#}
{% test unique_combination(model, columns, where='true') %}
{{ repeated_keys(model, columns, where) }}
{% endtest %}
