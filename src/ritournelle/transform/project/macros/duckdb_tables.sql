{# How tables are made on DuckDB, where a build is most often a small one: dbt-duckdb's own materializations also look for
   foreign keys, indexes, grants, DuckLake and changed columns, and swap tables by renaming: 12 statements a model,
   each with its events, where 2 to 4 do. Nothing here has those; DuckDB rolls back DDL like everything else. Whether a
   model's columns have changed need not be asked: a changed project is built anew (`transform.scope`), and contracts
   compare columns on every build. #}

{% materialization table, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
        {{ made_anew(target_relation) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- if load_cached_relation(this) is none or should_full_refresh() -%}
        {%- set build_sql = made_anew(target_relation) -%}
    {%- else -%}
        {%- set temp_relation = make_temp_relation(target_relation).include(database=false, schema=false) -%}
        {%- do run_query(create_table_as(true, temp_relation, compiled_code)) -%}
        {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy')) -%}
        {%- set build_sql = strategy({
            'target_relation': target_relation,
            'temp_relation': temp_relation,
            'unique_key': config.get('unique_key'),
            'dest_columns': known_columns(target_relation),
            'incremental_predicates': none,
        }) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ build_sql }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro made_anew(target_relation) -%}
    drop table if exists {{ target_relation }};
    {{ create_table_as(false, target_relation, compiled_code) }}
{%- endmacro %}

{# The contract names them, where there is one. #}
{% macro known_columns(target_relation) -%}
    {%- if not config.get('contract').enforced -%}
        {{ return(adapter.get_columns_in_relation(target_relation)) }}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for column in model['columns'].values() -%}
        {%- do columns.append(api.Column(column['name'], column['data_type'])) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
