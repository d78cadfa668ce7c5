{# When an endpoint was last read to its end. Null (never) counts as infinitely long ago. #}
{% macro last_success(endpoint) -%}
    select max(finished_at)
    from {{ source('ops', 'run_steps') }}
    where source = '{{ endpoint }}' and status = 'succeeded'
{%- endmacro %}
