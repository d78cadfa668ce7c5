{# Contracts name PostgreSQL's types, which DuckDB shares; where an engine calls them otherwise, they are translated
   here: in the columns of CREATE TABLE, and in what dbt compares a model's columns with. #}

{# The same columns with the engine's own types. It may meet the same ones twice: no engine's word is another's contract's. #}
{% macro with_engine_types(columns) -%}
    {%- for column in columns.values() if column.get('data_type') -%}
        {%- do column.update({'data_type': engine_type(column['data_type'])}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{% macro engine_type(data_type) -%}
    {{ return(adapter.dispatch('engine_type', 'ritournelle')(data_type)) }}
{%- endmacro %}

{% macro default__engine_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro bigquery__engine_type(data_type) -%}
    {{ return({
        'text': 'string',
        'bigint': 'int64',
        'integer': 'int64',
        'boolean': 'bool',
        'double precision': 'float64',
        'timestamptz': 'timestamp',
    }.get(data_type | lower, data_type)) }}
{%- endmacro %}

{# `text` is varchar(256) there: a longer name would be refused. #}
{% macro redshift__engine_type(data_type) -%}
    {{ return('varchar(65535)' if data_type | lower == 'text' else data_type) }}
{%- endmacro %}

{# dbt's own macros, which these stand in for, read `model['columns']`. #}
{% macro bigquery__get_table_columns_and_constraints() -%}
    {%- do with_engine_types(model['columns']) -%}
    {{ return(table_columns_and_constraints()) }}
{%- endmacro %}

{% macro redshift__get_table_columns_and_constraints() -%}
    {%- do with_engine_types(model['columns']) -%}
    {{ return(table_columns_and_constraints()) }}
{%- endmacro %}

{% macro bigquery__get_empty_schema_sql(columns) -%}
    {{ return(dbt_bigquery.bigquery__get_empty_schema_sql(with_engine_types(columns))) }}
{%- endmacro %}

{% macro redshift__get_empty_schema_sql(columns) -%}
    {{ return(dbt.default__get_empty_schema_sql(with_engine_types(columns))) }}
{%- endmacro %}
