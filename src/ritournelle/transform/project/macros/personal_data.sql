{# Personal data leaves `raw` only as SHA-256 of key, kind and value. The key comes with the session and is written
   into no statement: dbt keeps statements in logs and artefacts. #}

{% macro keyed_hash(kind, value) -%}
    {{ return(adapter.dispatch('keyed_hash', 'ritournelle')(kind, value)) }}
{%- endmacro %}

{% macro default__keyed_hash(kind, value) -%}
    {{ exceptions.raise_compiler_error("keyed_hash: no implementation for " ~ target.type) }}
{%- endmacro %}

{# `getvariable` is set by the plugin ritournelle.transform.duckdb_session. #}
{% macro duckdb__keyed_hash(kind, value) -%}
    sha256(getvariable('pii_key') || '|{{ kind }}|' || {{ value }})
{%- endmacro %}

{# Set through PGOPTIONS="-c ritournelle.pii_key=…". #}
{% macro postgres__keyed_hash(kind, value) -%}
    encode(sha256(convert_to(current_setting('ritournelle.pii_key') || '|{{ kind }}|' || {{ value }}, 'UTF8')), 'hex')
{%- endmacro %}

{# No session values there: a one-row table in `raw`, which holds the clear text anyway; `transform/pii_key.py` fills it. #}
{% macro key_table() -%}
    {{ return(api.Relation.create(database=target.database, schema='raw', identifier='pii_key')) }}
{%- endmacro %}

{% macro bigquery__keyed_hash(kind, value) -%}
    to_hex(sha256((select pii_key from {{ key_table() }}) || '|{{ kind }}|' || {{ value }}))
{%- endmacro %}

{% macro redshift__keyed_hash(kind, value) -%}
    sha2((select pii_key from {{ key_table() }}) || '|{{ kind }}|' || {{ value }}, 256)
{%- endmacro %}
