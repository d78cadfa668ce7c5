{# When an endpoint was last read to its end. Null (never) counts as infinitely long ago. #}
{% macro last_success(endpoint) -%}
    select max(finished_at)
    from {{ source('ops', 'run_steps') }}
    where source = '{{ endpoint }}' and status = 'succeeded'
{%- endmacro %}

{# The present: the database's, but in a rehearsal that has travelled in time, which says by environment variable when. #}
{% macro the_present() -%}
    {%- set told = env_var('RITOURNELLE_TRANSFORM_NOW', '') if execute else '' -%}
    {%- if told -%}cast('{{ told }}' as {{ type_instant() }}){%- else -%}{{ current_timestamp() }}{%- endif -%}
{%- endmacro %}

{# dbt's own, but for the present; `dbt source freshness` compares with it. #}
{% macro default__collect_freshness_custom_sql(source, loaded_at_query) %}
    {% call statement('collect_freshness_custom_sql', fetch_result=True, auto_begin=False) -%}
        with source_query as (
            {{ loaded_at_query }}
        )
        select
            (select * from source_query) as max_loaded_at,
            {{ the_present() }} as snapshotted_at
    {% endcall %}
    {{ return(load_result('collect_freshness_custom_sql')) }}
{% endmacro %}
