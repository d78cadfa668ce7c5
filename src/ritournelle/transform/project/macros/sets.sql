{# Between two queries: their rows, each once. BigQuery wants to be told so. #}
{% macro union_distinct() -%}
    {{ return(adapter.dispatch('union_distinct', 'ritournelle')()) }}
{%- endmacro %}

{% macro default__union_distinct() -%}
    union
{%- endmacro %}

{% macro bigquery__union_distinct() -%}
    union distinct
{%- endmacro %}
